/* An NVML with no GPU behind it: each call answers what a text file says at that moment.
 *
 * The file is the one that $NVML_STUB names. A line is "question answer", where a question about a device ends in its
 * index: "count 2", "name0 NVIDIA T4", "energy1 123000". An answer "!4" is the NVML error 4; a question that is not in
 * the file is not supported, or for processes, has none. Processes are "pid:bytes pid:bytes", with "-" for bytes that
 * are not told. Built with -DOLD_DRIVER it has only the symbols of older drivers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, UNKNOWN = 999 };

typedef void *Device; /* its index and one, so that none is NULL */

typedef struct {
    unsigned long long total, free, used;
} Memory;

typedef struct {
    unsigned int pid;
    unsigned long long used;
    unsigned int gpu_instance, compute_instance;
} Process;

static int index_of(Device device) { return (int)(long)device - 1; }

/* The answer to `question`, about a device unless `index` is below 0, into `answer`; `absent` where it has none. */
static int look_up(const char *question, int index, int absent, char answer[4096])
{
    char key[80], line[4096];
    size_t length;
    int result = absent;
    FILE *file = fopen(getenv("NVML_STUB") ? getenv("NVML_STUB") : "", "r");

    if (file == NULL)
        return UNKNOWN;
    if (index < 0)
        snprintf(key, sizeof key, "%s ", question);
    else
        snprintf(key, sizeof key, "%s%d ", question, index);
    length = strlen(key);
    answer[0] = '\0';
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, length) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        strcpy(answer, line + length);
        result = answer[0] == '!' ? atoi(answer + 1) : SUCCESS;
    }
    fclose(file);
    return result;
}

static int number(const char *question, int index, unsigned long long *answer)
{
    char text[4096];
    int result = look_up(question, index, NOT_SUPPORTED, text);

    if (result == SUCCESS)
        *answer = strtoull(text, NULL, 10);
    return result;
}

static int string(const char *question, int index, char *answer, unsigned int size)
{
    char text[4096];
    int result = look_up(question, index, NOT_SUPPORTED, text);

    if (result == SUCCESS)
        snprintf(answer, size, "%s", text);
    return result;
}

/* As NVML does it: too small an array is refused, and the number that is needed is told. */
static int processes(const char *question, Device device, unsigned int *count, Process *answer)
{
    char text[4096];
    unsigned int found = 0, room = answer == NULL ? 0 : *count;
    int result = look_up(question, index_of(device), SUCCESS, text);

    if (result != SUCCESS)
        return result;
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "), found++) {
        char *bytes = strchr(word, ':') + 1;
        if (found >= room)
            continue;
        answer[found] = (Process){.pid = (unsigned int)strtoul(word, NULL, 10)};
        answer[found].used = *bytes == '-' ? ~0ULL : strtoull(bytes, NULL, 10);
    }
    *count = found;
    return found > room ? INSUFFICIENT_SIZE : SUCCESS;
}

int nvmlInitWithFlags(unsigned int flags)
{
    char ignored[4096];

    (void)flags;
    return look_up("init", -1, SUCCESS, ignored);
}

int nvmlShutdown(void)
{
    char ignored[4096];

    return look_up("shutdown", -1, SUCCESS, ignored);
}

const char *nvmlErrorString(int error)
{
    static char text[40];

    snprintf(text, sizeof text, "stub error %d", error);
    return text;
}

int nvmlSystemGetDriverVersion(char *version, unsigned int size) { return string("driver", -1, version, size); }

int nvmlDeviceGetCount_v2(unsigned int *count)
{
    unsigned long long answer = 0;
    int result = number("count", -1, &answer);

    *count = (unsigned int)answer;
    return result;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, Device *device)
{
    unsigned int count;
    char ignored[4096];

    if (nvmlDeviceGetCount_v2(&count) != SUCCESS || index >= count)
        return INVALID_ARGUMENT;
    *device = (Device)(long)(index + 1);
    return look_up("handle", (int)index, SUCCESS, ignored);
}

int nvmlDeviceGetName(Device device, char *name, unsigned int size)
{
    return string("name", index_of(device), name, size);
}

int nvmlDeviceGetMemoryInfo(Device device, Memory *memory)
{
    int result = number("memory", index_of(device), &memory->total);

    memory->free = memory->total;
    if (result == SUCCESS)
        number("free", index_of(device), &memory->free);
    memory->used = memory->total - memory->free;
    return result;
}

int nvmlDeviceGetTotalEnergyConsumption(Device device, unsigned long long *millijoules)
{
    return number("energy", index_of(device), millijoules);
}

#ifdef OLD_DRIVER
#define nvmlDeviceGetComputeRunningProcesses_v3 nvmlDeviceGetComputeRunningProcesses_v2
#define nvmlDeviceGetGraphicsRunningProcesses_v3 nvmlDeviceGetGraphicsRunningProcesses_v2
#define nvmlDeviceGetCurrentClocksEventReasons nvmlDeviceGetCurrentClocksThrottleReasons
#endif

int nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned int *count, Process *answer)
{
    return processes("compute", device, count, answer);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(Device device, unsigned int *count, Process *answer)
{
    return processes("graphics", device, count, answer);
}

int nvmlDeviceGetCurrentClocksEventReasons(Device device, unsigned long long *reasons)
{
    return number("reasons", index_of(device), reasons);
}
