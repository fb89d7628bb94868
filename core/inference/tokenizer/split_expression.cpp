// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/split_expression.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/utf8.h"

#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace quantlathe {

namespace {

using Kind = SplitNode::Kind;

constexpr std::size_t longestExpression = 16384;
constexpr int deepestNesting = 32;
constexpr std::uint32_t largestCount = 1000;
constexpr std::uint32_t widestLookBehind = 1000;
constexpr std::size_t mostSets = 400; ///< each takes 136 KiB

std::optional<CodePointSet> propertySet(std::string_view name)
{
    CodePointSet set;
    return set.addProperty(name) ? std::optional(std::move(set)) : std::nullopt;
}

class Parser
{
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    SplitExpression parse()
    {
        if (m_text.size() > longestExpression)
            unsupported("it is too long");
        if (!isValidUtf8(m_text))
            malformed("it is not UTF-8");
        SplitExpression result;
        result.root = choice(0);
        if (!atEnd())
            malformed("a ')' too many");
        result.sets = std::move(m_sets);
        return result;
    }

private:
    [[noreturn]] void malformed(const std::string& why) const { fail(ErrorKind::BadFormat, why); }
    [[noreturn]] void unsupported(const std::string& why) const { fail(ErrorKind::Unsupported, why); }
    [[noreturn]] void fail(ErrorKind kind, const std::string& why) const
    {
        throw Error(kind, fmt::format("the split expression {} cannot be used: {} (at byte {})", printable(m_text, 300), why, m_at));
    }

    [[nodiscard]] bool atEnd() const { return m_at >= m_text.size(); }
    [[nodiscard]] bool startsWith(std::string_view text) const { return m_text.substr(m_at).starts_with(text); }
    bool take(std::string_view text)
    {
        if (!startsWith(text))
            return false;
        m_at += text.size();
        return true;
    }
    char32_t takeCharacter()
    {
        if (atEnd())
            malformed("it ends too early");
        const utf8::Decoded character = utf8::decode(m_text, m_at);
        m_at += character.length;
        return character.value;
    }

    SplitNode setNode(CodePointSet set)
    {
        if (m_sets.size() == mostSets)
            unsupported("it has too many classes of characters");
        if (m_ignoresCase)
            set.closeOverCase();
        SplitNode node;
        node.kind = Kind::Set;
        node.set = m_sets.size();
        m_sets.push_back(std::make_shared<const CodePointSet>(std::move(set)));
        return node;
    }

    SplitNode literal(char32_t character)
    {
        const auto known = m_literals.find({character, m_ignoresCase});
        if (known != m_literals.end()) {
            SplitNode node;
            node.kind = Kind::Set;
            node.set = known->second;
            return node;
        }
        CodePointSet set;
        set.add(character);
        const SplitNode node = setNode(std::move(set));
        m_literals[{character, m_ignoresCase}] = node.set;
        return node;
    }

    SplitNode choice(int depth)
    {
        if (depth > deepestNesting)
            unsupported("it is nested too deeply");
        const bool outerCase = m_ignoresCase;
        SplitNode result;
        result.kind = Kind::Choice;
        do {
            result.children.push_back(sequence(depth));
        } while (take("|"));
        m_ignoresCase = outerCase;
        return result.children.size() == 1 ? std::move(result.children.front()) : std::move(result);
    }

    SplitNode sequence(int depth)
    {
        SplitNode result;
        result.kind = Kind::Sequence;
        while (!atEnd() && !startsWith("|") && !startsWith(")")) {
            if (auto node = atom(depth))
                result.children.push_back(quantified(std::move(*node)));
        }
        return result.children.size() == 1 ? std::move(result.children.front()) : std::move(result);
    }

    /// Nothing for what only changes the options.
    std::optional<SplitNode> atom(int depth)
    {
        if (take("("))
            return group(depth);
        if (startsWith("[")) {
            ++m_at;
            return setNode(characterClass(depth));
        }
        if (take("."))
            return setNode(anyButLineFeed());
        if (take("^"))
            return anchor(Kind::LineStart);
        if (take("$"))
            return anchor(Kind::LineEnd);
        if (take("\\"))
            return escape();
        if (startsWith("*") || startsWith("+") || startsWith("?"))
            malformed("there is nothing to repeat");
        return literal(takeCharacter());
    }

    static SplitNode anchor(Kind kind, bool isNegated = false)
    {
        SplitNode node;
        node.kind = kind;
        node.isNegated = isNegated;
        return node;
    }

    static CodePointSet anyButLineFeed()
    {
        CodePointSet set;
        set.add('\n');
        set.invert();
        return set;
    }

    SplitNode closed(SplitNode inner)
    {
        if (!take(")"))
            malformed("a ')' is missing");
        return inner;
    }

    SplitNode wrapped(Kind kind, bool isNegated, int depth)
    {
        SplitNode node = anchor(kind, isNegated);
        node.children.push_back(closed(choice(depth + 1)));
        if (kind == Kind::LookBehind)
            node.width = fixedWidth(node.children.front());
        return node;
    }

    std::optional<SplitNode> group(int depth)
    {
        if (!take("?"))
            return closed(choice(depth + 1));
        if (take(":"))
            return closed(choice(depth + 1));
        if (take("="))
            return wrapped(Kind::LookAhead, false, depth);
        if (take("!"))
            return wrapped(Kind::LookAhead, true, depth);
        if (take("<="))
            return wrapped(Kind::LookBehind, false, depth);
        if (take("<!"))
            return wrapped(Kind::LookBehind, true, depth);
        if (take(">"))
            return wrapped(Kind::Atomic, false, depth);
        if (take("#")) {
            while (!atEnd() && !startsWith(")"))
                ++m_at;
            closed({});
            return std::nullopt;
        }
        return optionGroup(depth);
    }

    std::optional<SplitNode> optionGroup(int depth)
    {
        const bool outerCase = m_ignoresCase;
        bool isOn = true;
        while (!startsWith(":") && !startsWith(")")) {
            if (take("-"))
                isOn = false;
            else if (take("i"))
                m_ignoresCase = isOn;
            else
                unsupported("a group of a kind no tokenizer has");
        }
        if (take(")"))
            return std::nullopt; // holds to the end of the group around it
        ++m_at;
        SplitNode inner = closed(choice(depth + 1));
        m_ignoresCase = outerCase;
        return inner;
    }

    std::uint32_t fixedWidth(const SplitNode& node) const
    {
        switch (node.kind) {
        case Kind::Set:
            return 1;
        case Kind::Sequence: {
            std::uint32_t sum = 0;
            for (const SplitNode& child : node.children)
                sum += fixedWidth(child);
            return sum;
        }
        case Kind::Choice: {
            const std::uint32_t first = fixedWidth(node.children.front());
            for (const SplitNode& child : node.children) {
                if (fixedWidth(child) != first)
                    unsupported("a look-behind of varying width");
            }
            return first;
        }
        case Kind::Repeat:
            if (node.minimum != node.maximum)
                unsupported("a look-behind of varying width");
            if (node.minimum > 0 && fixedWidth(node.children.front()) > widestLookBehind / node.minimum)
                unsupported("a look-behind of that width");
            return node.minimum * fixedWidth(node.children.front());
        default:
            return 0;
        }
    }

    std::optional<CodePointSet> classEscape(char32_t letter)
    {
        CodePointSet set;
        switch (letter) {
        case 's': case 'S':
            set = whiteSpace();
            break;
        case 'd': case 'D':
            set.addProperty("Nd");
            break;
        case 'w': case 'W':
            set = wordCharacters();
            break;
        case 'p': case 'P':
            set = property();
            break;
        default:
            return std::nullopt;
        }
        if (letter == 'S' || letter == 'D' || letter == 'W' || letter == 'P')
            set.invert();
        return set;
    }

    CodePointSet property()
    {
        std::string_view name;
        if (take("{")) {
            const auto close = m_text.find('}', m_at);
            if (close == std::string_view::npos)
                malformed("a '}' is missing");
            name = m_text.substr(m_at, close - m_at);
            m_at = close + 1;
        } else {
            name = m_text.substr(m_at, 1);
            m_at += name.size();
        }
        const bool isNegated = name.starts_with("^");
        auto set = propertySet(isNegated ? name.substr(1) : name);
        if (!set)
            unsupported(fmt::format("the property '{}' is not known", printable(name, 40)));
        if (isNegated)
            set->invert();
        return std::move(*set);
    }

    std::optional<char32_t> characterEscape(char32_t letter)
    {
        switch (letter) {
        case 'n': return U'\n';
        case 'r': return U'\r';
        case 't': return U'\t';
        case 'f': return U'\f';
        case 'v': return U'\v';
        case 'a': return U'\a';
        case 'e': return char32_t{0x1B};
        case 'x': return take("{") ? hexadecimal(8, true) : hexadecimal(2, false);
        case 'u': return hexadecimal(4, false);
        default:
            break;
        }
        const bool isLetterOrDigit = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
        return isLetterOrDigit ? std::nullopt : std::optional(letter);
    }

    char32_t hexadecimal(int mostDigits, bool isBraced)
    {
        std::uint64_t value = 0;
        int digits = 0;
        for (; digits < mostDigits && !atEnd(); ++digits, ++m_at) {
            const char digit = m_text[m_at];
            if (digit >= '0' && digit <= '9')
                value = value * 16 + static_cast<unsigned>(digit - '0');
            else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
                value = value * 16 + static_cast<unsigned>((digit | 0x20) - 'a' + 10);
            else
                break;
        }
        if (digits == 0 || value >= CodePointSet::end || (isBraced && !take("}")))
            malformed("a character number that is none");
        return static_cast<char32_t>(value);
    }

    SplitNode escape()
    {
        const char32_t letter = takeCharacter();
        switch (letter) {
        case 'b': return anchor(Kind::WordBoundary);
        case 'B': return anchor(Kind::WordBoundary, true);
        case 'A': return anchor(Kind::TextStart);
        case 'z': return anchor(Kind::TextEnd);
        default:
            break;
        }
        if (auto set = classEscape(letter))
            return setNode(std::move(*set));
        if (const auto character = characterEscape(letter))
            return literal(*character);
        unsupported(fmt::format("'\\{}' is not known", static_cast<char>(letter)));
    }

    /// After the '['.
    CodePointSet characterClass(int depth)
    {
        if (depth > deepestNesting)
            unsupported("it is nested too deeply");
        const bool isNegated = take("^");
        CodePointSet result;
        std::optional<CodePointSet> intersection;
        bool isFirst = true;
        while (isFirst || !startsWith("]")) {
            if (atEnd())
                malformed("a ']' is missing");
            isFirst = false;
            if (take("&&")) {
                intersect(intersection, result);
                result = CodePointSet();
            } else if (startsWith("[:")) {
                unsupported("POSIX brackets");
            } else if (take("[")) {
                result.add(characterClass(depth + 1));
            } else {
                addMember(result);
            }
        }
        ++m_at;
        if (intersection) {
            intersect(intersection, result);
            result = std::move(*intersection);
        }
        // Case is closed over before the complement: [^a] that ignores case has no 'A'.
        if (m_ignoresCase && isNegated)
            result.closeOverCase();
        if (isNegated)
            result.invert();
        return result;
    }

    static void intersect(std::optional<CodePointSet>& intersection, const CodePointSet& operand)
    {
        if (intersection)
            intersection->keepOnly(operand);
        else
            intersection = operand;
    }

    /// A character, a range or an escape.
    void addMember(CodePointSet& set)
    {
        std::optional<char32_t> first = classCharacter(set);
        if (!first)
            return;
        const bool isRange = startsWith("-") && !startsWith("-]") && m_at + 1 < m_text.size();
        if (!isRange) {
            set.add(*first);
            return;
        }
        ++m_at;
        const std::optional<char32_t> last = classCharacter(set);
        if (!last) { // "a-\s": the hyphen stands for itself
            set.add(*first);
            set.add('-');
        } else if (*last < *first) {
            malformed("a range that runs backwards");
        } else {
            set.add(*first, *last);
        }
    }

    /// Nothing when it was a class like \s, which is in @p set then.
    std::optional<char32_t> classCharacter(CodePointSet& set)
    {
        const char32_t character = takeCharacter();
        if (character != '\\')
            return character;
        const char32_t letter = takeCharacter();
        if (auto escaped = classEscape(letter)) {
            set.add(*escaped);
            return std::nullopt;
        }
        if (letter == 'b')
            return char32_t{0x08};
        if (const auto escaped = characterEscape(letter))
            return escaped;
        unsupported(fmt::format("'\\{}' is not known", static_cast<char>(letter)));
    }

    std::optional<std::pair<std::uint32_t, std::uint32_t>> counts()
    {
        if (take("*"))
            return {{0, SplitNode::unlimited}};
        if (take("+"))
            return {{1, SplitNode::unlimited}};
        if (take("?"))
            return {{0, 1}};
        const std::size_t start = m_at;
        if (!take("{"))
            return std::nullopt;
        const auto low = decimal();
        const bool hasComma = take(",");
        const auto high = hasComma ? decimal() : low;
        if ((!low && !high) || !take("}")) {
            m_at = start; // "{" stands for itself
            return std::nullopt;
        }
        const auto minimum = low.value_or(0);
        const auto maximum = high.value_or(SplitNode::unlimited);
        if (maximum < minimum)
            malformed("a repetition whose limits are the wrong way round");
        return {{minimum, maximum}};
    }

    std::optional<std::uint32_t> decimal()
    {
        std::uint32_t value = 0;
        const std::size_t start = m_at;
        for (; !atEnd() && m_text[m_at] >= '0' && m_text[m_at] <= '9'; ++m_at) {
            value = value * 10 + static_cast<std::uint32_t>(m_text[m_at] - '0');
            if (value > largestCount)
                unsupported("a repetition of that many times");
        }
        return m_at > start ? std::optional(value) : std::nullopt;
    }

    SplitNode quantified(SplitNode node)
    {
        for (int repetitions = 0;; ++repetitions) {
            if (startsWith("{") && !startsWithCount())
                return node;
            const auto limits = counts();
            if (!limits)
                return node;
            if (repetitions == 4)
                unsupported("a repetition of repetitions");
            SplitNode repeat;
            repeat.kind = Kind::Repeat;
            repeat.minimum = limits->first;
            repeat.maximum = limits->second;
            // After {m,n} a '+' repeats the repetition, as in Ruby; after ? * + it makes them possessive.
            const bool isCount = m_text[m_at - 1] == '}';
            if (take("?"))
                repeat.greed = SplitNode::Greed::Lazy;
            else if (!isCount && take("+"))
                repeat.greed = SplitNode::Greed::Possessive;
            repeat.children.push_back(std::move(node));
            node = std::move(repeat);
        }
    }

    [[nodiscard]] bool startsWithCount() const
    {
        return m_at + 1 < m_text.size() && (m_text[m_at + 1] == ',' || (m_text[m_at + 1] >= '0' && m_text[m_at + 1] <= '9'));
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_ignoresCase = false;
    std::vector<std::shared_ptr<const CodePointSet>> m_sets;
    std::map<std::pair<char32_t, bool>, std::size_t> m_literals;
};

} // namespace

SplitExpression parseSplitExpression(std::string_view expression)
{
    return Parser(expression).parse();
}

} // namespace quantlathe
