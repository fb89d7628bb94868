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
QString translated(const char* text, int count = -1)
{
    return QCoreApplication::translate("SelectionText", text, nullptr, count);
}
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
        return translated("Layer %1 (%n tensors)", static_cast<int>(selection.size())).arg(*layer);
    return translated("%n tensors", static_cast<int>(selection.size()));
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
    const auto translate = [](const char* text) { return QCoreApplication::translate("Encoding", text); };
    const QString effort = encoding.effort == Effort::Best ? translate("best effort") : translate("standard effort");
    if (!encoding.objective)
        return effort;
    return translate("%1, %2").arg(effort, *encoding.objective == Objective::Magnitude
                                               ? translate("errors weighted by size")
                                               : translate("plain squared error"));
}

} // namespace quantlathe::ui
