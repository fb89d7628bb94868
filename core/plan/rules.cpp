// SPDX-License-Identifier: GPL-3.0-or-later
// Reading follows llama-quantize 0.7.0 (tools/quantize/quantize.cpp): blank-separated words, the pattern lower-cased, the
// type's name in any case, the pattern searched in the whole tensor name.
#include "core/plan/rules.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/plan/plan.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <set>

namespace quantlathe {

namespace {

constexpr std::size_t longestPattern = 4096;   // bytes; a name has fewer than 64
constexpr std::uint64_t largestFile = 16 << 20; // bytes; 1,000 tensors need about 50 KB
constexpr std::string_view blanks = " \t\n\v\f\r";

/// An expression that matches @p tensorName and nothing shorter or longer, valid in RE2 and in ECMAScript. What the file
/// format cannot carry (blanks, '=', capitals, which llama-quantize lower-cases) becomes "any character".
std::string exactPattern(std::string_view tensorName)
{
    std::string pattern = "^";
    for (const char character : tensorName) {
        if (blanks.find(character) != std::string_view::npos || character == '='
            || (character >= 'A' && character <= 'Z')) {
            pattern += '.';
            continue;
        }
        if (std::string_view("\\^$.*+?()[]{}|").find(character) != std::string_view::npos)
            pattern += '\\';
        pattern += character;
    }
    return pattern + '$';
}

} // namespace

struct TypeRule::Expression
{
    Expression(const std::string& pattern, const RE2::Options& options) : regex(pattern, options) {}
    RE2 regex;
};

TypeRule::TypeRule(std::string pattern, TensorType type) : m_pattern(std::move(pattern)), m_type(type)
{
    if (m_pattern.empty())
        throw Error(ErrorKind::InvalidArgument, "a rule needs a pattern before the '='");
    if (m_pattern.size() > longestPattern)
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("a pattern of {} bytes is longer than {}", m_pattern.size(), longestPattern));
    if (!isTargetType(type))
        throw Error(ErrorKind::InvalidArgument, fmt::format("tensors cannot be written as {}", name(type)));
    RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(RE2::Options::EncodingLatin1); // names are bytes, as for llama-quantize
    m_expression = std::make_shared<const Expression>(toLower(m_pattern), options);
    if (!m_expression->regex.ok())
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the pattern '{}' is no regular expression: {}", printable(m_pattern),
                                printable(m_expression->regex.error())),
                    {}, "Back references and look-around are not supported");
}

TypeRule TypeRule::parse(std::string_view text)
{
    const std::size_t equals = text.rfind('=');
    if (equals == std::string_view::npos)
        throw Error(ErrorKind::InvalidArgument, fmt::format("'{}' is no rule", printable(text)), {},
                    "A rule looks like attn_v=Q6_K: a regular expression, '=' and a type");
    const std::string_view typeName = text.substr(equals + 1);
    const auto type = tensorTypeFromName(typeName);
    if (!type)
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("'{}' in the rule '{}' is no tensor type", printable(typeName), printable(text)));
    return {std::string(text.substr(0, equals)), *type};
}

bool TypeRule::matches(std::string_view tensorName) const
{
    return RE2::PartialMatch(re2::StringPiece(tensorName.data(), tensorName.size()), m_expression->regex);
}

std::vector<TypeRule> readTypeRules(const std::filesystem::path& file)
{
    const auto mapped = MappedFile::open(file);
    if (mapped->bytes().size() > largestFile)
        throw Error(ErrorKind::BadFormat,
                    fmt::format("{} bytes are too many for a list of rules", mapped->bytes().size()),
                    {file, std::nullopt, {}});
    const std::string text(reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size());
    mapped->throwIfChanged();

    std::vector<TypeRule> rules;
    std::size_t line = 1;
    std::size_t counted = 0; // newlines before this position are in `line`
    std::size_t position = 0;
    while ((position = text.find_first_not_of(blanks, position)) != std::string::npos) {
        for (; counted < position; ++counted)
            line += text[counted] == '\n' ? 1 : 0;
        if (text[position] == '#') { // our addition: llama-quantize knows no comments
            position = text.find('\n', position);
            if (position == std::string::npos)
                break;
            continue;
        }
        const std::size_t end = std::min(text.find_first_of(blanks, position), text.size());
        try {
            rules.push_back(TypeRule::parse(std::string_view(text).substr(position, end - position)));
        } catch (const Error& error) {
            throw Error(ErrorKind::BadFormat, fmt::format("line {}: {}", line, error.message()),
                        {file, position, {}}, error.advice());
        }
        position = end;
    }
    return rules;
}

void writeTypeRules(const std::filesystem::path& file, const Model& model, const Plan& plan)
{
    std::string text;
    std::set<std::string_view> written;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const auto choice = plan.choice(model.tensors()[index].name());
        const TensorPlace& place = model.place(index);
        if (choice && isQuantizable(model.tensors()[index], place) && written.insert(place.canonicalName).second)
            text += fmt::format("{}={}\n", exactPattern(place.canonicalName), name(choice->type));
    }
    writeFileAtomically(file, std::as_bytes(std::span(text)));
}

} // namespace quantlathe
