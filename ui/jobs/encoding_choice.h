// SPDX-License-Identifier: GPL-3.0-or-later
// How the weights are encoded: effort, what is minimised, and what happens to NaN and infinities.
#pragma once

#include "core/analysis/non_finite.h"
#include "core/codecs/encode_options.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace quantlathe::ui {

/// Three choices, each with a sentence that says what it means.
class EncodingChoice : public QWidget
{
    Q_OBJECT
public:
    explicit EncodingChoice(const Encoding& encoding, QWidget* parent = nullptr);

    [[nodiscard]] Encoding encoding() const;
    [[nodiscard]] NonFinite nonFinite() const;

Q_SIGNALS:
    void changed();

private:
    void explain();

    QComboBox* m_effort;
    QComboBox* m_objective;
    QComboBox* m_nonFinite;
    QLabel* m_explanation;
};

} // namespace quantlathe::ui
