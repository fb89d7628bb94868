// SPDX-License-Identifier: GPL-3.0-or-later
// Asks where and how to export, and says before the start what will be written and what stands in the way.
#pragma once

#include "core/jobs/quantize_job.h"
#include "ui/background.h"
#include "ui/document.h"
#include "ui/jobs/export_summary.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <optional>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace quantlathe::ui {

class EncodingChoice;
class FactsTable;
class JobQueue;

class ExportDialog : public QDialog
{
    Q_OBJECT
public:
    /// @p document has a model. The dialog takes a snapshot of it and of the plan; accepting it makes the chosen effort and
    /// objective part of the document's plan, as one undoable step.
    ExportDialog(Document& document, JobQueue& queue, QWidget* parent = nullptr);
    ~ExportDialog() override;

    void setTarget(const QString& path);
    /// The job that was queued; nothing until the dialog was accepted.
    [[nodiscard]] std::optional<quint64> queuedJob() const { return m_queued; }
    /// True once everything about the present settings is known and the export can start.
    [[nodiscard]] bool isReady() const;

    void accept() override;

private:
    /// What the file system and the layout say about a request; made on a worker thread.
    struct Foresight
    {
        std::shared_ptr<const GgufOutput> output;
        std::size_t fileCount = 0;
        std::uint64_t totalBytes = 0;
        std::optional<std::uint64_t> freeBytes; ///< nothing when the folder does not exist
        double roughSeconds = 0;
        bool canResume = false;
        bool replaces = false;                  ///< the target exists
        std::optional<Error> problem;
    };

    static Foresight foresee(QuantizeRequest request, std::shared_ptr<const GgufOutput> output);
    [[nodiscard]] QuantizeRequest request() const;
    void makeWidgets();
    void addImportance(QVBoxLayout& layout);
    void chooseTarget();
    void settingsChanged();
    void look();
    void showForesight(const Foresight& foresight);
    void showProblem(const QString& text, bool isError);
    void saveSettings() const;

    Document& m_document;
    std::shared_ptr<const Model> m_model;
    Plan m_plan;
    std::shared_ptr<const ImportanceMatch> m_importance;
    MetadataEdits m_edits;
    JobQueue& m_queue;
    ExportSummary m_summary;
    std::optional<Foresight> m_foresight; ///< nothing while it is out of date
    std::optional<quint64> m_queued;

    QLineEdit* m_target;
    QCheckBox* m_split;
    QDoubleSpinBox* m_splitSize;
    QSpinBox* m_threads;
    QSpinBox* m_memory;
    EncodingChoice* m_encoding;
    QCheckBox* m_resume;
    FactsTable* m_facts;
    QLabel* m_problem;
    QPushButton* m_start;
    QTimer m_lookSoon;
    LatestJob m_looking; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
