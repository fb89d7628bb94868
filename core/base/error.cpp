// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include "core/base/text.h"

#include <cerrno>
#include <fmt/format.h>
#include <system_error>

namespace quantlathe {

namespace {

constexpr std::size_t longestPath = 4096; // characters; more than a file system takes

/// One line, whatever the names hold.
std::string describe(const std::string& message, const ErrorPlace& place, const std::string& advice)
{
    std::string text;
    if (!place.file.empty())
        text += fmt::format("{}: ", printable(place.file.string(), longestPath));
    if (!place.tensor.empty())
        text += fmt::format("tensor '{}': ", printable(place.tensor));
    text += message;
    if (place.offset)
        text += fmt::format(" (at byte {})", *place.offset);
    if (!advice.empty())
        text += fmt::format(". {}", advice);
    return text;
}

} // namespace

std::string_view name(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::NotFound: return "not-found";
    case ErrorKind::AccessDenied: return "access-denied";
    case ErrorKind::Io: return "io";
    case ErrorKind::DiskFull: return "disk-full";
    case ErrorKind::BadFormat: return "bad-format";
    case ErrorKind::Unsupported: return "unsupported";
    case ErrorKind::InvalidArgument: return "invalid-argument";
    case ErrorKind::SourceChanged: return "source-changed";
    case ErrorKind::Cancelled: return "cancelled";
    }
    return "unknown";
}

Error::Error(ErrorKind kind, std::string message, ErrorPlace place, std::string advice)
    : std::runtime_error(describe(message, place, advice))
    , m_kind(kind)
    , m_message(std::move(message))
    , m_place(std::move(place))
    , m_advice(std::move(advice))
{
}

Error systemError(int errorNumber, std::string_view action, const std::filesystem::path& file)
{
    ErrorKind kind = ErrorKind::Io;
    std::string advice;
    switch (errorNumber) {
    case ENOENT:
    case ENOTDIR: kind = ErrorKind::NotFound; break;
    case EACCES:
    case EPERM:
    case EROFS: kind = ErrorKind::AccessDenied; break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: // larger than the file system can hold
        kind = ErrorKind::DiskFull;
        advice = "Free some space or choose another folder";
        break;
    default: break;
    }
    return {kind, fmt::format("cannot {}: {}", action, std::generic_category().message(errorNumber)),
            {file, std::nullopt, {}}, std::move(advice)};
}

} // namespace quantlathe
