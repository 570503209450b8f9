"""An Ollama-compatible server over llama.cpp, for machines without Ollama.

    process.py     EmbeddedServer: the server as a process of its own, for the tool
    __main__.py    `python -m ollama_bench.embedded`: the server in the foreground
    extra.py       are the packages of the `embedded` extra installed?
    server.py      `serve`: the socket, uvicorn, settings from the environment, an orderly end
    app.py         the endpoints
    access.py      checks of Host and Origin
    request.py     bodies -> typed requests, with the errors that Ollama gives           pure
    options.py     the `options` object: names, types, defaults                          pure
    schema.py      a JSON Schema as the grammar's engine needs it                       pure
    answer.py      an answer -> HTTP, streamed line by line or folded into one object
    ask.py         a request and its model -> Ask, after all checks that need no runner
    rendering.py   an Ask's turns -> the prompt for the runner, made to fit into the context
    generation.py  /api/generate and /api/chat: from an Ask and its prompt to pieces of text
    prompt.py      messages -> prompt text for models without a chat template           pure
    thinking.py    splits `<think>...</think>` off a stream of text                      pure
    catalogue.py   model names -> GGUF files; pull, delete, digests
    describe.py    what /api/show, /api/tags and /api/ps say of a model
    gguf.py        a bounded reader of GGUF headers
    scheduler.py   one model loaded at a time, requests in order of arrival, keep_alive
    engine.py      the server's side of a runner: start, ask, stop
    llama_http.py  one POST to llama.cpp's HTTP server in the runner
    runner.py      the child process that holds llama.cpp and the weights
    log.py         standard error that never holds the server up
    wire.py        errors, JSON and time stamps as they are sent                         pure

It knows nothing of benchmarks: everything here could serve any client of Ollama.
"""
