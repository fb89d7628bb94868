// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/row_label.h"

#include <QStringList>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

QString rowLabel(const Shape& shape, std::uint64_t row)
{
    if (shape.rank() <= 2)
        return QString::number(row);
    QStringList indices;
    const auto& dimensions = shape.dimensions();
    for (std::size_t dimension = dimensions.size() - 1; dimension-- > 0;) {
        const std::uint64_t size = dimensions[dimension];
        indices.prepend(QString::number(size == 0 ? 0 : row % size));
        row = size == 0 ? 0 : row / size;
    }
    return u"[%1]"_s.arg(indices.join(u", "_s));
}

std::optional<std::uint64_t> rowFromText(const Shape& shape, const QString& text)
{
    QString plain = text.trimmed();
    if (plain.startsWith(u'[') && plain.endsWith(u']'))
        plain = plain.mid(1, plain.size() - 2);
    const QStringList parts = plain.split(u',');
    if (parts.size() != 1 && static_cast<std::size_t>(parts.size()) + 1 != shape.rank())
        return std::nullopt;
    std::uint64_t row = 0;
    for (qsizetype part = 0; part < parts.size(); ++part) {
        bool isNumber = false;
        const qulonglong index = parts[part].trimmed().toULongLong(&isNumber);
        const std::uint64_t limit = parts.size() == 1 ? shape.rowCount() : shape.dimensions()[static_cast<std::size_t>(part)];
        if (!isNumber || index >= limit)
            return std::nullopt;
        row = parts.size() == 1 ? index : row * limit + index; // below rowCount(): cannot overflow
    }
    return row;
}

} // namespace quantlathe::ui
