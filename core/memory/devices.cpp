// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/devices.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "devices_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quantlathe {

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

/// The line's fields; the file is ours and has no quoted ones.
std::vector<std::string_view> split(std::string_view line)
{
    std::vector<std::string_view> fields;
    while (true) {
        const std::size_t comma = line.find(',');
        fields.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos)
            return fields;
        line.remove_prefix(comma + 1);
    }
}

std::uint64_t number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw std::logic_error(fmt::format("devices.csv: '{}' is no number", text));
    return value;
}

std::vector<Device> readPresets()
{
    std::vector<Device> devices;
    std::string_view rest = devicesCsv;
    bool isHeader = true;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || std::exchange(isHeader, false))
            continue;
        const auto fields = split(line);
        if (fields.size() != 6)
            throw std::logic_error(fmt::format("devices.csv: '{}'", line));
        devices.push_back({std::string(fields[1]), std::string(fields[0]), number(fields[2]) * mebibyte,
                           number(fields[3]) * mebibyte, static_cast<double>(number(fields[4])),
                           fields[5].empty() ? 0 : static_cast<double>(number(fields[5]))});
    }
    return devices;
}

/// Lower-case letters and digits of @p name without vendor and family names.
std::string simplified(std::string_view name)
{
    std::string result;
    for (const char character : toLower(name)) {
        if ((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9'))
            result += character;
    }
    for (const std::string_view prefix : {"nvidia", "amd", "intel", "apple", "geforce", "radeon"}) {
        if (result.starts_with(prefix))
            result.erase(0, prefix.size());
    }
    return result;
}

/// @p name up to a word like "16GB": what people call the device when there is no other of that name.
std::string_view withoutMemory(std::string_view name)
{
    for (std::size_t start = name.find(' '); start != std::string_view::npos; start = name.find(' ', start + 1)) {
        const std::string_view word = name.substr(start + 1, name.find(' ', start + 1) - start - 1);
        const std::size_t digits = word.find_first_not_of("0123456789");
        if (digits != 0 && digits != std::string_view::npos && word.substr(digits) == "GB")
            return name.substr(0, start);
    }
    return name;
}

/// Edits that turn @p a into @p b.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string nearMatches(std::string_view text)
{
    const std::string wanted = simplified(text.substr(0, 64));
    struct Match
    {
        std::size_t cost;
        const Device* device;
    };
    std::vector<Match> matches;
    for (const Device& device : devicePresets()) {
        const std::string candidate = simplified(device.name);
        const bool isPart = wanted.size() >= 2
            && (candidate.find(wanted) != std::string::npos || wanted.find(candidate) != std::string::npos);
        matches.push_back({isPart ? 0 : distance(wanted, candidate), &device});
    }
    std::stable_sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.cost < b.cost; });
    std::string list;
    for (std::size_t index = 0; index < std::min<std::size_t>(5, matches.size()); ++index)
        list += (index == 0 ? "" : ", ") + matches[index].device->name;
    return list;
}

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

/// Bytes of "24 GiB"; nothing when @p text does not look like an amount.
std::optional<std::uint64_t> amountOf(std::string_view text)
{
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{})
        return std::nullopt;
    std::string unit = toLower(std::string_view(next, static_cast<std::size_t>(end - next)));
    unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
    struct Unit
    {
        std::string_view name;
        double bytes;
    };
    constexpr std::array<Unit, 7> units = {{{"b", 1},
                                            {"mib", 0x1p20},
                                            {"gib", 0x1p30},
                                            {"tib", 0x1p40},
                                            {"mb", 1e6},
                                            {"gb", 1e9},
                                            {"tb", 1e12}}};
    const auto found = std::find_if(units.begin(), units.end(), [&unit](const Unit& row) { return row.name == unit; });
    if (found == units.end())
        return std::nullopt;
    const double bytes = value * found->bytes;
    if (!(bytes >= 1 && bytes < 0x1p60))
        throw Error(ErrorKind::InvalidArgument, fmt::format("'{}' is no amount of memory", printable(text)));
    return static_cast<std::uint64_t>(bytes);
}

} // namespace

std::span<const Device> devicePresets()
{
    static const std::vector<Device> devices = readPresets();
    return devices;
}

const Device* findDevice(std::string_view name)
{
    const std::string wanted = simplified(name);
    if (wanted.empty())
        return nullptr;
    const Device* byFamily = nullptr;
    int family = 0;
    for (const Device& device : devicePresets()) {
        if (simplified(device.name) == wanted)
            return &device;
        if (simplified(withoutMemory(device.name)) == wanted) {
            byFamily = &device;
            ++family;
        }
    }
    return family == 1 ? byFamily : nullptr;
}

Device parseDevice(std::string_view text)
{
    text = trimmed(text);
    if (const Device* const preset = findDevice(text))
        return *preset;
    // "my card: 24 GiB, 900 GB/s"
    std::string_view rest = text;
    std::string_view own;
    if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
        own = trimmed(rest.substr(0, colon));
        rest = trimmed(rest.substr(colon + 1));
    }
    double bandwidth = 0;
    if (const std::size_t comma = rest.find(','); comma != std::string_view::npos) {
        const std::string speed = toLower(trimmed(rest.substr(comma + 1)));
        if (!speed.ends_with("/s"))
            throw Error(ErrorKind::InvalidArgument, fmt::format("'{}' is no bandwidth", printable(speed)), {},
                        "Such as: 24 GiB, 900 GB/s");
        const auto perSecond = amountOf(std::string_view(speed).substr(0, speed.size() - 2));
        if (!perSecond)
            throw Error(ErrorKind::InvalidArgument, fmt::format("'{}' is no bandwidth", printable(speed)), {},
                        "Such as: 24 GiB, 900 GB/s");
        bandwidth = static_cast<double>(*perSecond) / 1e9;
        rest = trimmed(rest.substr(0, comma));
    }
    if (const auto bytes = amountOf(rest))
        return {std::string(own.empty() ? text : own), {}, *bytes, *bytes, bandwidth};
    throw Error(ErrorKind::NotFound, fmt::format("no device preset '{}'", printable(text)), {},
                fmt::format("Near matches: {}. An amount of memory works, too: 24GiB", nearMatches(text)));
}

std::string deviceText(const Device& device)
{
    const Device* const preset = findDevice(device.name);
    if (preset && *preset == device)
        return device.name;
    std::string text = fmt::format("{} MiB", device.usableBytes / mebibyte);
    if (device.usableBytes % mebibyte != 0)
        text = fmt::format("{} B", device.usableBytes);
    if (device.bandwidthGBs > 0)
        text += fmt::format(", {} GB/s", device.bandwidthGBs);
    // A name that is an amount itself comes back by itself.
    return device.bandwidthGBs <= 0 && amountOf(device.name) == device.usableBytes ? device.name
                                                                                   : fmt::format("{}: {}", device.name, text);
}

} // namespace quantlathe
