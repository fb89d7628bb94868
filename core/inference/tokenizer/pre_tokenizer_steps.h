// SPDX-License-Identifier: GPL-3.0-or-later
// The steps pre-tokenizers are made of.
#pragma once

#include "core/inference/tokenizer/code_points.h"
#include "core/inference/tokenizer/split_pattern.h"
#include "core/inference/tokenizer/split_text.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// What becomes of the matches that separate pieces; the names are those of tokenizer.json.
enum class SplitBehavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };

class PreTokenizerStep
{
public:
    virtual ~PreTokenizerStep() = default;
    virtual void apply(SplitText& text) const = 0;
};

using PreTokenizerSteps = std::vector<std::unique_ptr<const PreTokenizerStep>>;

/// Splits by a regular expression; @p isInverted: what it does not match separates.
class ExpressionStep : public PreTokenizerStep
{
public:
    explicit ExpressionStep(std::string_view expression, SplitBehavior behavior = SplitBehavior::Isolated, bool isInverted = false)
        : m_pattern(expression), m_behavior(behavior), m_isInverted(isInverted)
    {
    }
    void apply(SplitText& text) const override;

private:
    SplitPattern m_pattern;
    SplitBehavior m_behavior;
    bool m_isInverted;
};

/// Splits by a fixed text.
class TextStep : public PreTokenizerStep
{
public:
    TextStep(std::string separator, SplitBehavior behavior, bool isInverted)
        : m_separator(std::move(separator)), m_behavior(behavior), m_isInverted(isInverted)
    {
    }
    void apply(SplitText& text) const override;

private:
    std::string m_separator;
    SplitBehavior m_behavior;
    bool m_isInverted;
};

/// Splits at every character of a set that outlives the step.
class CharacterStep : public PreTokenizerStep
{
public:
    CharacterStep(const CodePointSet& set, SplitBehavior behavior) : m_set(set), m_behavior(behavior) {}
    void apply(SplitText& text) const override;

private:
    const CodePointSet& m_set;
    SplitBehavior m_behavior;
};

/// Spells every byte as a character (GPT-2); before that, a space in front of pieces that have none, if wanted.
class ByteSpellingStep : public PreTokenizerStep
{
public:
    void apply(SplitText& text) const override;
};

/// A space in front of every piece that does not begin with one.
class LeadingSpaceStep : public PreTokenizerStep
{
public:
    void apply(SplitText& text) const override;
};

/// Spaces become a marker, in front of which text is split.
class MarkerStep : public PreTokenizerStep
{
public:
    enum class Prefix { Always, First, Never };
    MarkerStep(std::string marker, Prefix prefix, bool splits) : m_marker(std::move(marker)), m_prefix(prefix), m_splits(splits) {}
    void apply(SplitText& text) const override;

private:
    std::string m_marker;
    Prefix m_prefix;
    bool m_splits;
};

} // namespace quantlathe
