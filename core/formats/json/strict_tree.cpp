// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/json/strict_tree.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quantlathe::json {

nlohmann::json parseTree(std::string_view text, const std::filesystem::path& file, int deepest)
{
    using Json = nlohmann::json;
    const auto fail = [&file](std::string message) { throw Error(ErrorKind::BadFormat, std::move(message), {file, std::nullopt, {}}); };
    std::vector<std::set<std::string>> openObjects;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
        const bool isOpening = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        if (isOpening && depth >= deepest)
            fail(fmt::format("nested deeper than {} levels", deepest));
        if (event == Json::parse_event_t::object_start)
            openObjects.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            openObjects.pop_back();
        else if (event == Json::parse_event_t::key && !openObjects.back().insert(parsed.get_ref<const std::string&>()).second)
            fail(fmt::format("'{}' stands there twice", printable(parsed.get_ref<const std::string&>())));
        return true;
    };
    try {
        return Json::parse(text.begin(), text.end(), watch);
    } catch (const Json::parse_error& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while ..."
        std::string_view problem = error.what();
        problem.remove_prefix(std::min(problem.find("] ") + 2, problem.size()));
        throw Error(ErrorKind::BadFormat, fmt::format("no JSON: {}", printable(problem, 200)), {file, error.byte, {}});
    } catch (const Json::out_of_range&) {
        throw Error(ErrorKind::BadFormat, "no JSON: a number is beyond every range", {file, std::nullopt, {}});
    }
}

} // namespace quantlathe::json
