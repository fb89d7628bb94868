// SPDX-License-Identifier: GPL-3.0-or-later
#include "source_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace quantlathe::structure {

namespace {

constexpr std::size_t maximumLines = 800;

bool endsWith(std::string_view text, std::string_view end)
{
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool isCpp(std::string_view path)
{
    return endsWith(path, ".h") || endsWith(path, ".cpp");
}

bool isSource(std::string_view path)
{
    return isCpp(path) || endsWith(path, ".py") || endsWith(path, ".sh");
}

std::vector<std::string_view> linesOf(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return lines;
}

/// The parts of a path: "core/types/shape.h" gives core, types, shape.h.
std::vector<std::string_view> partsOf(std::string_view path)
{
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = path.find('/');
        parts.push_back(path.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        path = path.substr(end + 1);
    }
}

struct Include
{
    std::string_view target;
    bool isQuoted = false;
};

std::optional<Include> includeOf(std::string_view line)
{
    const auto skipBlanks = [&line] {
        while (!line.empty() && (line.front() == ' ' || line.front() == '\t'))
            line.remove_prefix(1);
    };
    skipBlanks();
    if (line.empty() || line.front() != '#')
        return std::nullopt;
    line.remove_prefix(1);
    skipBlanks();
    if (line.substr(0, 7) != "include")
        return std::nullopt;
    line.remove_prefix(7);
    skipBlanks();
    if (line.empty() || (line.front() != '"' && line.front() != '<'))
        return std::nullopt;
    const bool isQuoted = line.front() == '"';
    line.remove_prefix(1);
    return Include{line.substr(0, line.find(isQuoted ? '"' : '>')), isQuoted};
}

bool isQt(std::string_view target)
{
    // <QString>, <QtCore/qstring.h>, <qglobal.h>, "qcustomplot.h"
    if (target.size() >= 2 && target[0] == 'Q' && std::isupper(static_cast<unsigned char>(target[1])))
        return true;
    return target.substr(0, 2) == "Qt" || (target.size() > 2 && target[0] == 'q' && endsWith(target, ".h"));
}

std::optional<std::size_t> roomNumber(std::string_view room)
{
    const auto& order = roomOrder();
    const auto found = std::find(order.begin(), order.end(), room);
    if (found == order.end())
        return std::nullopt;
    return static_cast<std::size_t>(found - order.begin());
}

/// What is wrong with @p include in a file of @p top (and @p room); empty when nothing is.
std::string problemOf(const Include& include, std::string_view top, std::string_view room)
{
    const std::string target(include.target);
    if (top == "core" && isQt(include.target))
        return "core/ knows no Qt: " + target;
    if (!include.isQuoted)
        return {};
    const auto parts = partsOf(include.target);
    const std::string_view targetTop = parts.front();
    if (parts.size() < 2 || std::find(parts.begin(), parts.end(), "..") != parts.end())
        return top == "ui" && endsWith(include.target, ".moc") ? std::string() : "not a path from the root: " + target;
    const bool isAllowed = top == "core" ? targetTop == "core"
        : top == "ui"                    ? targetTop == "core" || targetTop == "ui"
                                         : targetTop == "core" || targetTop == "ui" || targetTop == "app";
    if (!isAllowed)
        return std::string(top) + "/ must not include " + target;
    if (top != "core" || parts.size() < 3)
        return {};
    const auto own = roomNumber(room);
    const auto other = roomNumber(parts[1]);
    if (!other)
        return "not a room of core/: " + target;
    if (own && *other > *own)
        return "room " + std::string(room) + " stands below room " + std::string(parts[1]) + ": " + target;
    return {};
}

} // namespace

const std::vector<std::string>& roomOrder()
{
    static const std::vector<std::string> order{"base",     "types",  "codecs",    "model",       "formats", "analysis", "plan",
                                                "memory",   "budget", "inference", "calibration", "methods", "convert",  "jobs"};
    return order;
}

std::vector<std::string> includeViolations(const SourceFile& file)
{
    const auto parts = partsOf(file.path);
    const std::string_view top = parts.front();
    if (!isCpp(file.path) || (top != "core" && top != "ui" && top != "app"))
        return {};
    std::vector<std::string> found;
    const std::string_view room = top == "core" && parts.size() > 2 ? parts[1] : std::string_view();
    if (!room.empty() && !roomNumber(room))
        found.push_back(file.path + ":1: not a room of core/: " + std::string(room));
    const auto lines = linesOf(file.text);
    for (std::size_t number = 0; number < lines.size(); ++number) {
        const auto include = includeOf(lines[number]);
        if (!include || std::find(file.generated.begin(), file.generated.end(), include->target) != file.generated.end())
            continue;
        const std::string problem = problemOf(*include, top, room);
        if (!problem.empty())
            found.push_back(file.path + ":" + std::to_string(number + 1) + ": " + problem);
    }
    return found;
}

std::vector<std::string> licenceViolations(const SourceFile& file)
{
    if (!isSource(file.path))
        return {};
    const auto lines = linesOf(file.text);
    std::size_t at = 0;
    if (!lines.empty() && lines[0].substr(0, 2) == "#!")
        at = 1;
    const std::string expected
        = std::string(isCpp(file.path) ? "//" : "#") + " SPDX-License-Identifier: GPL-3.0-or-later";
    if (at < lines.size() && lines[at] == expected)
        return {};
    return {file.path + ":1: does not begin with the licence line"};
}

std::vector<std::string> lengthViolations(const SourceFile& file)
{
    if (!isSource(file.path))
        return {};
    const std::size_t lines = linesOf(file.text).size();
    if (lines <= maximumLines)
        return {};
    return {file.path + ": " + std::to_string(lines) + " lines are more than " + std::to_string(maximumLines)};
}

std::vector<std::string> machinePathViolations(const SourceFile& file)
{
    // Put together here, so that this file does not break its own rule.
    static const std::array<std::string, 3> paths{std::string("/") + "work/", std::string("/tmp/") + "build",
                                                  std::string("/") + "root/"};
    std::vector<std::string> found;
    for (const std::string& path : paths) {
        for (std::size_t at = file.text.find(path); at != std::string::npos; at = file.text.find(path, at + 1)) {
            // "frame" + "work/" inside a longer path is not a path of a machine.
            const char before = at == 0 ? ' ' : file.text[at - 1];
            if (std::isalnum(static_cast<unsigned char>(before)) || before == '_' || before == '-' || before == '.')
                continue;
            const auto line = std::count(file.text.begin(), file.text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
            found.push_back(file.path + ":" + std::to_string(line) + ": names a path of a machine: " + path);
        }
    }
    return found;
}

} // namespace quantlathe::structure
