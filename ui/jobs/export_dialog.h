// SPDX-License-Identifier: GPL-3.0-or-later
// Asks for which engine, where and how to export, and says before the start what will be written and what stands in the way.
#pragma once

#include "ui/background.h"
#include "ui/document.h"
#include "ui/jobs/export_foresight.h"
#include "ui/jobs/export_summary.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <optional>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListView;
class QListWidget;
class QPushButton;
class QSpinBox;
class QTableView;
class QVBoxLayout;

namespace quantlathe::ui {

class EncodingChoice;
class EngineBox;
class FactsTable;
class JobQueue;
class LoadFindingsModel;
class MethodBox;

/// Where the dialog's choices are kept.
inline const QString splitSetting = QStringLiteral("jobs/split");
inline const QString splitSizeSetting = QStringLiteral("jobs/splitGiB");
inline const QString threadsSetting = QStringLiteral("jobs/threads");
inline const QString memorySetting = QStringLiteral("jobs/memoryMiB");

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
    /// What is shown is of settings before the last change.
    [[nodiscard]] bool isLooking() const { return !m_source || m_lookSoon.isActive() || m_looking.isRunning(); }

    void accept() override;

private:
    /// An export and what is known of it.
    struct Outlook
    {
        EngineExport request;
        ExportForesight foresight;
    };

    [[nodiscard]] ExportWish wish() const;
    [[nodiscard]] QString proposedTarget() const;
    void makeWidgets();
    QWidget* makeWhere();
    QWidget* makeMore();
    void addContents(QVBoxLayout& layout);
    void addNotes(QVBoxLayout& layout);
    void addImportance(QVBoxLayout& layout);
    void takeSource(ExportSource source);
    void offerMethods();
    void engineChanged();
    void chooseTarget();
    void settingsChanged();
    void look();
    void showOutlook(const Outlook& outlook);
    void showProblem(const QString& text, bool isError);
    void saveSettings() const;

    Document& m_document;
    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const Plan> m_plan;
    std::shared_ptr<const ImportanceMatch> m_importance;
    MetadataEdits m_edits;
    RuntimeSettings m_runtime;
    std::vector<Device> m_devices;
    JobQueue& m_queue;
    ExportSummary m_summary;
    std::optional<ExportSource> m_source;     ///< nothing while it is being looked at
    std::shared_ptr<const Outlook> m_outlook; ///< of the last look; isReady() tells whether it is up to date
    std::shared_ptr<const GgufOutput> m_output; ///< of m_plan
    std::optional<quint64> m_queued;
    QString m_proposed; ///< the target's name as long as nobody changed it

    EngineBox* m_engine;
    MethodBox* m_method;
    QLabel* m_targetLabel;
    QLineEdit* m_target;
    QCheckBox* m_split;
    QDoubleSpinBox* m_splitSize;
    QSpinBox* m_threads;
    QSpinBox* m_memory;
    QLabel* m_memoryLabel;
    EncodingChoice* m_encoding;
    QCheckBox* m_resume;
    QTableView* m_types;
    FactsTable* m_facts;
    std::vector<QWidget*> m_fileOnly; ///< what makes sense for GGUF alone
    LoadFindingsModel* m_findings;
    QListView* m_findingsView;
    QLabel* m_problem;
    QPushButton* m_start;
    QTimer m_lookSoon;
    LatestJob m_looking;
    LatestJob m_lookingAtSource; ///< last members: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
