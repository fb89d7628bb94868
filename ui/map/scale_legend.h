// SPDX-License-Identifier: GPL-3.0-or-later
// The colour scale with the values at its ends.
#pragma once

#include <QWidget>

namespace quantlathe::ui {

class ScaleLegend : public QWidget
{
    Q_OBJECT
public:
    explicit ScaleLegend(QWidget* parent = nullptr);
    void setEnds(const QString& low, const QString& high);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_low;
    QString m_high;
};

} // namespace quantlathe::ui
