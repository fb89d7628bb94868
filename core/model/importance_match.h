// SPDX-License-Identifier: GPL-3.0-or-later
// Which importance data belong to which tensor of a model, and what is missing or wrong about them.
#pragma once

#include "core/model/importance.h"
#include "core/model/model.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class ImportanceFit : std::uint8_t {
    Full,         ///< every row has importance
    SomeUnreached,///< some experts were never reached: all their channels count as 1
    Missing,      ///< the data do not name the tensor: encoded without importance
    WrongSize,    ///< made for another number of channels or experts: encoded without importance
    BadValues     ///< NaN, infinite or negative: encoded without importance
};
/// Stable id for JSON: "full", "some-unreached", "missing", "wrong-size", "bad-values".
std::string_view name(ImportanceFit fit);

/// What was found for one tensor.
struct TensorFit
{
    ImportanceFit fit = ImportanceFit::Missing;
    std::uint64_t experts = 0;   ///< matrices of the tensor that importance was found for
    std::uint64_t unreached = 0; ///< of these
    /// One sentence for people without full stop, empty when all is well: "channel 17 has an importance of NaN".
    std::string explanation;
    [[nodiscard]] bool isUsed() const { return fit == ImportanceFit::Full || fit == ImportanceFit::SomeUnreached; }
};

/// Importance data applied to a model. Tensors are found by their canonical names, so that data made with a GGUF serve its
/// Hugging Face original and the other way round; experts that are tensors of their own get their part of the stack's.
/// The order of rows (GGUF permutes those of q and k) does not matter: importance belongs to columns. Immutable; thread-safe.
class ImportanceMatch
{
public:
    /// @throws Error(InvalidArgument) naming both when the data fit no tensor of the model: they were made for another one
    ImportanceMatch(std::shared_ptr<const Importance> importance, std::shared_ptr<const Model> model);

    [[nodiscard]] const std::shared_ptr<const Importance>& importance() const { return m_importance; }
    [[nodiscard]] const std::shared_ptr<const Model>& model() const { return m_model; }
    /// By the model's order of tensors.
    [[nodiscard]] const TensorFit& fit(std::size_t tensor) const { return m_fits[tensor]; }
    /// Empty unless fit(tensor).isUsed(). Rows are outputs, also of a tensor that is stored as inputs x outputs (stored_orientation.h).
    [[nodiscard]] const TensorImportance& of(std::size_t tensor) const { return m_tensors[tensor]; }
    /// Names in the data that the model does not have, in the data's order.
    [[nodiscard]] const std::vector<std::string>& unknownNames() const { return m_unknownNames; }

private:
    void matchTensor(std::size_t tensor);

    std::shared_ptr<const Importance> m_importance;
    std::shared_ptr<const Model> m_model;
    std::vector<TensorFit> m_fits;
    std::vector<TensorImportance> m_tensors;
    std::vector<std::string> m_unknownNames;
};

/// The part of @p match for the rows of @p tensor as they are stored; empty when @p match is null, and for a tensor that is stored as
/// inputs x outputs: its rows share no importance.
TensorImportance importanceOf(const ImportanceMatch* match, std::size_t tensor);

} // namespace quantlathe
