// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for NVIDIA's management library with two GPUs: a known card and one nobody has heard of; a third cannot be asked.
#include <cstdint>
#include <cstring>

namespace {

struct Memory
{
    unsigned long long total, free, used;
};

std::uintptr_t numberOf(void* handle) { return reinterpret_cast<std::uintptr_t>(handle) - 1; }

} // namespace

extern "C" {

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }

int nvmlDeviceGetCount_v2(unsigned* count)
{
    *count = 3;
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle)
{
    *handle = reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);
    return index == 2 ? 15 : 0; // NVML_ERROR_GPU_IS_LOST
}

int nvmlDeviceGetName(void* handle, char* name, unsigned length)
{
    std::strncpy(name, numberOf(handle) == 0 ? "NVIDIA GeForce RTX 3090" : "NVIDIA Test Card", length);
    return 0;
}

int nvmlDeviceGetMemoryInfo(void* handle, Memory* memory)
{
    memory->total = numberOf(handle) == 0 ? 24576ull << 20 : 10000ull << 20;
    memory->free = memory->total;
    memory->used = 0;
    return 0;
}

int nvmlDeviceGetMemoryBusWidth(void*, unsigned* bits)
{
    *bits = 256;
    return 0;
}

int nvmlDeviceGetMaxClockInfo(void*, unsigned type, unsigned* megahertz)
{
    *megahertz = type == 2 ? 9000 : 1;
    return 0;
}

} // extern "C"
