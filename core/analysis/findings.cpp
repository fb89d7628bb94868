// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/findings.h"

#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

std::string_view name(Severity severity)
{
    switch (severity) {
    case Severity::Problem: return "problem";
    case Severity::Warning: return "warning";
    case Severity::Hint: return "hint";
    }
    return "unknown";
}

std::optional<Severity> severityFromName(std::string_view text)
{
    for (const Severity severity : {Severity::Problem, Severity::Warning, Severity::Hint}) {
        if (name(severity) == text)
            return severity;
    }
    return std::nullopt;
}

std::string_view name(FindingKind kind)
{
    switch (kind) {
    case FindingKind::NonFiniteWeights: return "non-finite-weights";
    case FindingKind::ConstantTensor: return "constant-tensor";
    case FindingKind::ConstantRows: return "constant-rows";
    case FindingKind::DuplicateTensors: return "duplicate-tensors";
    case FindingKind::MissingKey: return "missing-key";
    case FindingKind::WrongKeyType: return "wrong-key-type";
    case FindingKind::BadValue: return "bad-value";
    case FindingKind::TokenizerMismatch: return "tokenizer-mismatch";
    case FindingKind::BadTokenId: return "bad-token-id";
    case FindingKind::DuplicateTokens: return "duplicate-tokens";
    case FindingKind::MissingChatTemplate: return "missing-chat-template";
    case FindingKind::MetadataContradictsShape: return "metadata-contradicts-shape";
    case FindingKind::MissingLayer: return "missing-layer";
    case FindingKind::MissingTensor: return "missing-tensor";
    case FindingKind::UnknownArchitecture: return "unknown-architecture";
    case FindingKind::TensorLayout: return "tensor-layout";
    case FindingKind::TensorName: return "tensor-name";
    case FindingKind::UnsupportedType: return "unsupported-type";
    case FindingKind::FellBack: return "fell-back";
    case FindingKind::Requantized: return "requantized";
    case FindingKind::NeedsImportance: return "needs-importance";
    case FindingKind::CannotWrite: return "cannot-write";
    case FindingKind::FileType: return "file-type";
    }
    return "unknown";
}

void sortFindings(std::vector<Finding>& findings)
{
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
}

std::string placeText(const Finding& finding, const Model& model)
{
    if (finding.tensors.empty())
        return printable(finding.key);
    std::string text = printable(model.tensors()[finding.tensors.front()].name());
    if (finding.tensors.size() > 1)
        text += fmt::format(" and {} more", finding.tensors.size() - 1);
    if (finding.row)
        text += fmt::format(", row {}", *finding.row);
    if (finding.column)
        text += fmt::format(", column {}", *finding.column);
    return text;
}

} // namespace quantlathe
