// SPDX-License-Identifier: GPL-3.0-or-later
// What did not match when a recipe or a tensor-type file was applied to a model.
#pragma once

#include <QDialog>
#include <QString>

#include <vector>

class QTableView;

namespace quantlathe::ui {

struct RecipeReport
{
    struct Line
    {
        QString name; ///< of a tensor, or a rule
        QString what; ///< what became of it
    };
    QString title;
    QString summary;
    std::vector<Line> lines;
};

/// Shows a report that has lines. Deletes itself when closed.
class RecipeReportDialog : public QDialog
{
    Q_OBJECT
public:
    explicit RecipeReportDialog(const RecipeReport& report, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }

private:
    QTableView* m_view;
};

} // namespace quantlathe::ui
