// SPDX-License-Identifier: GPL-3.0-or-later
// NVIDIA's management library (nvml.h of CUDA 12), loaded at run time: the program neither needs nor ships it.
#include "core/memory/devices.h"

#include <dlfcn.h>

#include <array>
#include <memory>

namespace quantlathe {

namespace {

using Handle = void*;

/// nvmlMemory_t
struct Memory
{
    unsigned long long total, free, used;
};

constexpr int success = 0;
constexpr unsigned memoryClock = 2; ///< NVML_CLOCK_MEM
constexpr unsigned mostGpus = 64;

struct Close
{
    void operator()(void* library) const { dlclose(library); }
};

template <typename Function> Function symbol(void* library, const char* name)
{
    return reinterpret_cast<Function>(dlsym(library, name));
}

} // namespace

std::vector<Device> detectedDevices(const std::string& library)
{
    std::vector<Device> devices;
    const std::unique_ptr<void, Close> loaded(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!loaded)
        return devices;
    const auto initialize = symbol<int (*)()>(loaded.get(), "nvmlInit_v2");
    const auto shutDown = symbol<int (*)()>(loaded.get(), "nvmlShutdown");
    const auto count = symbol<int (*)(unsigned*)>(loaded.get(), "nvmlDeviceGetCount_v2");
    const auto handleOf = symbol<int (*)(unsigned, Handle*)>(loaded.get(), "nvmlDeviceGetHandleByIndex_v2");
    const auto nameOf = symbol<int (*)(Handle, char*, unsigned)>(loaded.get(), "nvmlDeviceGetName");
    const auto memoryOf = symbol<int (*)(Handle, Memory*)>(loaded.get(), "nvmlDeviceGetMemoryInfo");
    const auto busWidthOf = symbol<int (*)(Handle, unsigned*)>(loaded.get(), "nvmlDeviceGetMemoryBusWidth");
    const auto clockOf = symbol<int (*)(Handle, unsigned, unsigned*)>(loaded.get(), "nvmlDeviceGetMaxClockInfo");
    if (!initialize || !shutDown || !count || !handleOf || !nameOf || !memoryOf || initialize() != success)
        return devices;
    unsigned gpus = 0;
    if (count(&gpus) != success)
        gpus = 0;
    for (unsigned index = 0; index < gpus && index < mostGpus; ++index) {
        Handle handle = nullptr;
        std::array<char, 128> name{};
        Memory memory{};
        if (handleOf(index, &handle) != success || nameOf(handle, name.data(), name.size() - 1) != success
            || memoryOf(handle, &memory) != success || memory.total == 0)
            continue;
        Device device{name.data(), "NVIDIA", memory.total, memory.total, 0};
        unsigned busBits = 0;
        unsigned megahertz = 0;
        // Two transfers per clock.
        if (busWidthOf && clockOf && busWidthOf(handle, &busBits) == success && clockOf(handle, memoryClock, &megahertz) == success)
            device.bandwidthGBs = 2.0 * megahertz * 1e6 * busBits / 8 / 1e9;
        // A known card tells more: what programs see of its memory, and a looked-up bandwidth.
        if (const Device* const preset = findDevice(device.name)) {
            const std::uint64_t difference
                = preset->totalBytes > device.totalBytes ? preset->totalBytes - device.totalBytes : device.totalBytes - preset->totalBytes;
            if (difference < device.totalBytes / 20)
                device = *preset;
        }
        devices.push_back(std::move(device));
    }
    shutDown();
    return devices;
}

} // namespace quantlathe
