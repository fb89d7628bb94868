// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tree/type_choices.h"

#include "core/codecs/codec.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QMenu>

#include <algorithm>

namespace quantlathe::ui {

const std::vector<TensorType>& writableTypes()
{
    static const std::vector<TensorType> types = [] {
        std::vector<TensorType> found;
        for (const TensorTypeInfo& row : allTensorTypes()) {
            // Q8_1 and Q8_K are formats of intermediate results; F64 is never smaller than what is stored.
            const bool isForFiles = row.type != TensorType::Q8_1 && row.type != TensorType::Q8_K && row.type != TensorType::F64;
            if (isForFiles && row.ggmlId >= 0 && row.family != TypeFamily::Integer && codecFor(row.type).canEncode())
                found.push_back(row.type);
        }
        std::stable_sort(found.begin(), found.end(), [](TensorType a, TensorType b) {
            return info(a).bitsPerWeight() > info(b).bitsPerWeight();
        });
        return found;
    }();
    return types;
}

QString bitsDescription(TensorType type)
{
    return QCoreApplication::translate("TypeChoices", "%1 bits per weight").arg(bitsText(info(type).bitsPerWeight()));
}

QString choiceDescription(TensorType type)
{
    const QString bits = bitsDescription(type);
    if (!info(type).needsImportance)
        return bits;
    return QCoreApplication::translate("TypeChoices", "%1; the quality suffers without importance data").arg(bits);
}

void addTypeActions(QMenu& menu, const std::function<void(TensorType)>& choose)
{
    std::optional<int> lastBits;
    for (const TensorType type : writableTypes()) {
        const int bits = static_cast<int>(info(type).bitsPerWeight());
        if (lastBits && *lastBits != bits)
            menu.addSeparator();
        lastBits = bits;
        QAction* action = menu.addAction(toQString(name(type)));
        action->setToolTip(choiceDescription(type));
        QObject::connect(action, &QAction::triggered, &menu, [choose, type] { choose(type); });
    }
    menu.setToolTipsVisible(true);
}

int toNumber(std::optional<TensorType> type) { return type ? static_cast<int>(*type) : -1; }

std::optional<TensorType> typeFromNumber(int number)
{
    if (number < 0 || number >= static_cast<int>(tensorTypeCount))
        return std::nullopt;
    return static_cast<TensorType>(number);
}

} // namespace quantlathe::ui
