// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/selection_text.h"

#include "core/base/text.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <map>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
struct SelectionText
{
    Q_DECLARE_TR_FUNCTIONS(SelectionText)
};
struct EncodingText
{
    Q_DECLARE_TR_FUNCTIONS(EncodingText)
};
} // namespace

QString selectionText(const Document& document)
{
    const TensorIndices& selection = document.selection();
    if (!document.hasModel() || selection.empty())
        return {};
    const auto tensors = document.model()->tensors();
    if (selection.size() == 1) {
        const Tensor& tensor = tensors[selection.front()];
        return u"%1 (%2)"_s.arg(toQString(printable(tensor.name())), toQString(tensor.shape().toString()));
    }
    const auto layer = document.model()->place(selection.front()).layer;
    if (layer && selection == document.tensorsOfLayer(layer))
        return SelectionText::tr("Layer %1 (%n tensors)", nullptr, static_cast<int>(selection.size())).arg(*layer);
    return SelectionText::tr("%n tensors", nullptr, static_cast<int>(selection.size()));
}

QString writtenTypesText(const Document& document, const TensorIndices& tensors)
{
    std::map<TensorType, std::uint64_t> weights;
    for (const std::size_t index : tensors)
        weights[document.effectiveChoice(index).type] += document.model()->tensors()[index].shape().weightCount();
    std::vector<std::pair<std::uint64_t, TensorType>> order;
    for (const auto& [type, count] : weights)
        order.emplace_back(count, type);
    std::sort(order.rbegin(), order.rend());
    QStringList names;
    for (const auto& [count, type] : order)
        names << toQString(name(type));
    return QLocale().createSeparatedList(names);
}

QString encodingText(const Encoding& encoding)
{
    const QString effort = encoding.effort == Effort::Best ? EncodingText::tr("best effort") : EncodingText::tr("standard effort");
    if (!encoding.objective)
        return effort;
    const auto objective = [&] {
        switch (*encoding.objective) {
        case Objective::Magnitude: return EncodingText::tr("errors weighted by size");
        case Objective::SquaredError: return EncodingText::tr("plain squared error");
        case Objective::Unbiased: break;
        }
        return EncodingText::tr("weights keep their size");
    };
    return EncodingText::tr("%1, %2").arg(effort, objective());
}

} // namespace quantlathe::ui
