"""An Ollama-compatible server over llama.cpp, for machines without Ollama.

    process.py     EmbeddedServer: the server as a process of its own, for the tool
    __main__.py    `python -m ollama_bench.embedded`: the server in the foreground
    app.py         routes, checks of Host and Origin, `serve`
    request.py     bodies -> typed requests, with the errors that Ollama gives           pure
    options.py     the `options` object: names, types, defaults                          pure
    answer.py      lines of an answer -> HTTP, streamed or folded into one object
    generation.py  /api/generate and /api/chat: from request to lines
    prompt.py      messages -> prompt text for models without a chat template           pure
    thinking.py    splits `<think>...</think>` off a stream of text                      pure
    catalogue.py   model names -> GGUF files; pull, delete, digests
    describe.py    what /api/show, /api/tags and /api/ps say of a model
    gguf.py        a bounded reader of GGUF headers
    scheduler.py   one model loaded at a time, requests in order of arrival, keep_alive
    engine.py      the server's side of a runner: start, talk, stop
    runner.py      the child process that holds llama.cpp and the weights
    lifetime.py    a child that ends when its parent does

It knows nothing of benchmarks: everything here could serve any client of Ollama.
"""
