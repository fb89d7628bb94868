// SPDX-License-Identifier: GPL-3.0-or-later
// How what was written is run: the command line, to be copied, and the memory it takes in that engine.
#pragma once

#include "core/jobs/serving.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace quantlathe::ui {

/// "RTX 4090" or "2 devices"; empty without.
QString devicesText(const std::vector<Device>& devices);
/// One sentence: total, parts, context, device.
QString servingMemoryText(const Serving& serving);

class ServingBox : public QWidget
{
    Q_OBJECT
public:
    explicit ServingBox(QWidget* parent = nullptr);

    void setServing(const Serving& serving);

private:
    QLabel* m_title;
    QLineEdit* m_command;
    QPushButton* m_copy;
    QLabel* m_memory;
};

} // namespace quantlathe::ui
