// SPDX-License-Identifier: GPL-3.0-or-later
// What importance data do for a plan, tensor by tensor, told before a job runs.
#pragma once

#include "core/model/importance_match.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class ImportanceUse : std::uint8_t {
    Used,         ///< every row is encoded with importance
    PartlyUsed,   ///< some experts were never reached: all their channels count alike
    Missing,      ///< the data do not name it
    WrongSize,
    BadValues,    ///< NaN, infinite or negative
    NotWeighted,  ///< the type rounds every weight by itself: nothing to weigh
    Kept          ///< copied as it is stored, or a norm and the like
};
/// Stable id for JSON: "used", "partly-used", "missing", "wrong-size", "bad-values", "not-weighted", "kept".
std::string_view name(ImportanceUse use);
/// What is done about it, for people, a sentence without full stop.
std::string_view consequence(ImportanceUse use);

/// True when @p match gives tensor @p index importance and @p written is a type that can use it.
bool isWeightedBy(const ImportanceMatch* match, std::size_t index, TensorType written);

struct ImportanceReport
{
    struct Group
    {
        ImportanceUse use = ImportanceUse::Used;
        std::vector<std::size_t> tensors; ///< of the model, in its order
        std::string example;              ///< of what is wrong with one of them, with its name; empty where nothing is
    };
    std::vector<ImportanceUse> uses;       ///< by tensor of the model
    std::vector<Group> groups;             ///< in the order of the enum, none empty
    std::vector<std::string> unknownNames; ///< in the data, but not in the model

    [[nodiscard]] std::size_t count(ImportanceUse use) const;
    /// Something that a person should look at before a long job: Missing, WrongSize, BadValues or PartlyUsed.
    [[nodiscard]] bool hasTrouble() const;
    /// Tensors whose type is meant to be used with importance data and which get none.
    std::vector<std::size_t> needy;
};

/// Costs microseconds per tensor.
ImportanceReport importanceReport(const ImportanceMatch& match, const Plan& plan);

} // namespace quantlathe
