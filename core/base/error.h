// SPDX-License-Identifier: GPL-3.0-or-later
// The one family of errors of core/. Every failure that is not a programming mistake is an Error: a kind to branch on,
// a sentence for people, and where it happened (file, byte offset, tensor). The edges (app/, ui/) turn it into exit
// codes and dialogs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace quantlathe {

enum class ErrorKind {
    NotFound,        ///< a file, tensor, preset or device that does not exist
    AccessDenied,    ///< the operating system refuses to read or write
    Io,              ///< reading or writing failed half-way
    DiskFull,        ///< not enough space for the output
    BadFormat,       ///< the file's content contradicts its format (truncated, corrupted, malicious)
    Unsupported,     ///< well-formed, but nothing this version handles; the message names it
    InvalidArgument, ///< the caller's request makes no sense (unknown type name, target equals source, ...)
    SourceChanged,   ///< the input changed or shrank while it was in use
    Cancelled        ///< stopped on request; not a failure
};

/// Stable lower-case name of a kind, for JSON output ("bad-format").
std::string_view name(ErrorKind kind);

/// Where an error happened. Empty members are left out of the message.
struct ErrorPlace
{
    std::filesystem::path file;
    std::optional<std::uint64_t> offset; ///< bytes from the start of the file
    std::string tensor;
};

class Error : public std::runtime_error
{
public:
    /// @param message what is wrong, a sentence without full stop, with the numbers involved
    /// @param advice what the person can do; may be empty
    Error(ErrorKind kind, std::string message, ErrorPlace place = {}, std::string advice = {});

    [[nodiscard]] ErrorKind kind() const { return m_kind; }
    [[nodiscard]] const std::string& message() const { return m_message; }
    [[nodiscard]] const ErrorPlace& place() const { return m_place; }
    [[nodiscard]] const std::string& advice() const { return m_advice; }

private:
    ErrorKind m_kind;
    std::string m_message;
    ErrorPlace m_place;
    std::string m_advice;
};

/// The Error for a failed system call: NotFound, AccessDenied, DiskFull or Io by @p errorNumber, with the system's text.
Error systemError(int errorNumber, std::string_view action, const std::filesystem::path& file);

} // namespace quantlathe
