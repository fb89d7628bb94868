// SPDX-License-Identifier: GPL-3.0-or-later
// One line that says what a panel shows; shortened in the middle where there is no room for all of it.
#pragma once

#include <QLabel>

namespace quantlathe::ui {

class TitleLabel : public QLabel
{
    Q_OBJECT
public:
    explicit TitleLabel(QWidget* parent = nullptr);
    /// The whole text is the tool tip, too.
    void setTitle(const QString& text);
    [[nodiscard]] QSize minimumSizeHint() const override { return {fontMetrics().averageCharWidth() * 6, QLabel::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace quantlathe::ui
