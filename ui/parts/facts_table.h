// SPDX-License-Identifier: GPL-3.0-or-later
// A short table of named figures: statistics, errors, the outcome of a job.
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <QTableView>

#include <vector>

namespace quantlathe::ui {

struct Fact
{
    QString label;
    QString value;
    QString explanation;    ///< tool tip; may be empty
    bool isWarning = false; ///< drawn in the warning colour
};

/// Two columns: label and value.
class FactsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Label, Value, ColumnCount };

    explicit FactsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setFacts(std::vector<Fact> facts);
    [[nodiscard]] const std::vector<Fact>& facts() const { return m_facts; }
    /// One line per fact: label, tab, value.
    [[nodiscard]] QString toText() const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<Fact> m_facts;
};

/// As wide as its parent, rows as high as their text; Ctrl+C copies the selected rows.
class FactsTable : public QTableView
{
    Q_OBJECT
public:
    explicit FactsTable(QWidget* parent = nullptr);

    void setFacts(std::vector<Fact> facts);
    [[nodiscard]] FactsModel& facts() { return *m_model; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;

private:
    void adjustRows();

    FactsModel* m_model;
};

} // namespace quantlathe::ui
