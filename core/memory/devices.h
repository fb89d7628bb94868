// SPDX-License-Identifier: GPL-3.0-or-later
// Device presets: memory as the driver reports it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace quantlathe {

struct Device
{
    std::string name;               ///< "RTX 4090"
    std::string vendor;
    std::uint64_t totalBytes = 0;   ///< as the driver reports it
    std::uint64_t usableBytes = 0;  ///< what a CUDA program sees on Linux, or the Metal limit; = totalBytes when unknown
    double bandwidthGBs = 0;        ///< 0 = unknown
};

/// Built-in presets, by vendor and memory.
std::span<const Device> devicePresets();
/// By name, ignoring case, blanks and a leading vendor name; null when unknown. Also takes "24GiB", "24576MiB" style sizes
/// through parseDevice().
const Device* findDevice(std::string_view name);
/// A preset's name, or an amount of memory ("24 GiB", "16000MiB"). @throws Error(NotFound) listing near matches
Device parseDevice(std::string_view text);

} // namespace quantlathe
