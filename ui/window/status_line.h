// SPDX-License-Identifier: GPL-3.0-or-later
// The status bar's permanent part: what is open and what the plan makes of it.
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace quantlathe::ui {

class Document;
class Evaluations;
class TitleLabel;

class StatusLine : public QWidget
{
    Q_OBJECT
public:
    explicit StatusLine(Document& document, QWidget* parent = nullptr);

    /// Shows its verdict on the plan, too.
    void setEvaluations(Evaluations& evaluations);
    /// The figures as one line of text.
    [[nodiscard]] QString text() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void update();
    void showMeasuring();
    void showImportance();
    void showVerdict();
    QLabel* addField(QHBoxLayout& layout, const QString& objectName, const QString& meaning);

    Document& m_document;
    Evaluations* m_evaluations = nullptr;
    TitleLabel* m_verdict;
    QLabel* m_measuring;
    QLabel* m_format;
    QLabel* m_architecture;
    QLabel* m_weights;
    QLabel* m_size;
    QLabel* m_bits;
    QLabel* m_importance; ///< hidden without
};

} // namespace quantlathe::ui
