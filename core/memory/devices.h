// SPDX-License-Identifier: GPL-3.0-or-later
// Device presets: memory as the driver reports it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

struct Device
{
    std::string name;               ///< "RTX 4090"
    std::string vendor;             ///< empty for a plain amount of memory
    std::uint64_t totalBytes = 0;   ///< as the driver reports it; Apple: the machine's memory
    std::uint64_t usableBytes = 0;  ///< what a CUDA program sees on Linux, or the Metal limit; = totalBytes when unknown
    double bandwidthGBs = 0;        ///< 10^9 bytes a second; 0 = unknown
    double teraflops = 0;           ///< 16-bit floats, dense matrices; 0 = unknown

    bool operator==(const Device&) const = default;
};

/// Built-in presets, by vendor and memory.
std::span<const Device> devicePresets();
/// By name, ignoring case, blanks, punctuation, a vendor's or family's name in front ("NVIDIA GeForce RTX 4090") and, where
/// only one preset is meant, the amount of memory at the end ("RTX 3060"); null when unknown.
const Device* findDevice(std::string_view name);
/// A preset's name, or an amount of memory ("24 GiB", "16000MiB", "8.5GB" with GB = 10^9), with a name in front and a bandwidth
/// behind where wanted ("my card: 24 GiB, 900 GB/s").
/// @throws Error(NotFound) listing near matches; Error(InvalidArgument) for an amount that makes no sense
Device parseDevice(std::string_view text);

/// Text that parseDevice() takes and that gives @p device again.
std::string deviceText(const Device& device);

/// The GPUs of this machine as NVIDIA's management library tells; empty without it or when it fails. Takes up to a second.
/// @param library name or path; loaded while asking only
std::vector<Device> detectedDevices(const std::string& library = "libnvidia-ml.so.1");

} // namespace quantlathe
