// SPDX-License-Identifier: GPL-3.0-or-later
// What a panel shows while it has nothing to show: one sentence saying why, and what to do.
#pragma once

#include <QLabel>

namespace quantlathe::ui {

class HintPage : public QLabel
{
    Q_OBJECT
public:
    explicit HintPage(QWidget* parent = nullptr);

    void setHint(const QString& text) { setText(text); }
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;
};

} // namespace quantlathe::ui
