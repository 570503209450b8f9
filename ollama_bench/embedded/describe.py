"""What /api/show, /api/tags and /api/ps say of a model."""

from contextlib import suppress

import psutil

from ollama_bench.embedded.catalogue import Catalogue, Model
from ollama_bench.embedded.gguf import GgufError, GgufHeader, file_stamp, read_gguf, read_whole_header
from ollama_bench.embedded.prompt import family_of
from ollama_bench.embedded.scheduler import Loaded
from ollama_bench.embedded.wire import ApiError, Json, timestamp


def header_of(model: Model) -> GgufHeader:
    """Read a model's header. Raises ApiError 500 when its file is not a readable GGUF."""
    try:
        return read_gguf(model.path)
    except (OSError, GgufError) as error:
        raise ApiError(500, f"{model.path.name}: {error}") from None


def capabilities(header: GgufHeader) -> list[str]:
    """Return what a model can do here; thinking is told by the tag in its chat template."""
    if header.is_embedding:
        return ["embedding"]
    return ["completion", "thinking"] if "</think>" in header.chat_template else ["completion"]


def default_stop(header: GgufHeader) -> list[str]:
    """Return the stop sequences of a model that uses its family's turns."""
    return [] if header.chat_template else list(family_of(header.architecture).stop)


def show(model: Model, *, verbose: bool) -> Json:
    """Return the answer of /api/show; `template` is the GGUF's own, "" for a base model."""
    header = header_of(model)
    whole = read_whole_header(model.path, arrays=True) if verbose else header
    parameters = "\n".join(f'{"stop":<30} "{text}"' for text in default_stop(header))
    info = dict(whole.metadata) | {"general.parameter_count": header.parameter_count}
    info.pop("general.name", None)  # Ollama leaves it out, and shows the template apart
    template = info.pop("tokenizer.chat_template", "")
    answer = {
        "modelfile": _modelfile(model, header),
        "parameters": parameters,
        "template": template,
        "details": _details(header, parent=str(model.path)),
        "model_info": dict(sorted(info.items())),
        "tensors": [{"name": t.name, "type": t.type, "shape": t.shape} for t in whole.tensors],
        "capabilities": capabilities(header),
        "modified_at": _modified(model),
    }
    return {k: v for k, v in answer.items() if k != "parameters" or v}


def tags(catalogue: Catalogue) -> Json:
    """Return the answer of /api/tags; a file that is not a readable GGUF is not a model and not listed."""
    models = []
    for model in catalogue.models():
        try:
            header = header_of(model)
            entry = {
                "name": model.name,
                "model": model.name,
                "modified_at": _modified(model),
                "size": model.path.stat().st_size,
                "digest": catalogue.digest(model.path),
            }
        except (ApiError, OSError):
            continue
        sizes = {
            "context_length": header.number("context_length"),
            "embedding_length": header.number("embedding_length"),
        }
        details = _details(header, parent=str(model.path)) | sizes
        models.append(entry | {"details": details, "capabilities": capabilities(header)})
    models.sort(key=lambda entry: str(entry["modified_at"]), reverse=True)
    return {"models": models}


def ps(catalogue: Catalogue, loaded: Loaded | None) -> Json:
    """Return the answer of /api/ps; `size` is the runner's resident memory, and none of it is VRAM.

    A model whose file is gone or was replaced is still in memory and listed; its digest is "" when nobody asked for it
    in time.
    """
    if loaded is None:
        return {"models": []}
    try:
        size_bytes = psutil.Process(loaded.runner.pid).memory_info().rss
    except psutil.Error:
        return {"models": []}
    if size_bytes == 0:  # ended, and not yet waited for
        return {"models": []}
    note_digest(catalogue, loaded)
    entry = {
        "name": loaded.model.name,
        "model": loaded.model.name,
        "size": size_bytes,
        "digest": loaded.digest,
        "details": _details(loaded.header, parent=""),
        "expires_at": timestamp(loaded.expires_at_ns),
        "size_vram": 0,
        "context_length": loaded.plan.num_ctx,
    }
    return {"models": [entry]}


def note_digest(catalogue: Catalogue, loaded: Loaded) -> None:
    """Put the digest of the file that was loaded into `loaded.digest`, unless that file is gone or was replaced."""
    path, stamp = loaded.model.path, loaded.plan.stamp
    with suppress(OSError):
        if not loaded.digest and file_stamp(path) == stamp:
            digest = catalogue.digest(path)
            if file_stamp(path) == stamp:  # replaced while it was read: whose digest is it?
                loaded.digest = digest


def human_count(count: int) -> str:
    """Return a count of parameters as Ollama writes it: 1.2B, 7B, 268.10M, 19K, 512."""
    if count >= 10**9:
        return f"{count / 1e9:.0f}B" if count % 10**9 == 0 else f"{count / 1e9:.1f}B"
    if count >= 10**6:
        return f"{count / 1e6:.0f}M" if count % 10**6 == 0 else f"{count / 1e6:.2f}M"
    return f"{count / 1e3:.0f}K" if count >= 1000 else str(count)


def _details(header: GgufHeader, *, parent: str) -> Json:
    return {
        "parent_model": parent,
        "format": "gguf",
        "family": header.architecture,
        "families": [header.architecture],
        "parameter_size": human_count(header.parameter_count),
        "quantization_level": header.quantization,
    }


def _modelfile(model: Model, header: GgufHeader) -> str:
    template = header.chat_template
    lines = [f"FROM {model.path}", f'TEMPLATE """{template}"""' if template else ""]
    lines += [f"PARAMETER stop {text}" for text in default_stop(header)]
    return "\n".join(line for line in lines if line) + "\n"


def _modified(model: Model) -> str:
    return timestamp(model.path.stat().st_mtime_ns)
