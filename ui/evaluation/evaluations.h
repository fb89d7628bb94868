// SPDX-License-Identifier: GPL-3.0-or-later
// What the window has running with a model on text, one after the other, and what came out last.
#pragma once

#include "core/inference/verdict.h"
#include "ui/background.h"
#include "ui/document.h"
#include "ui/evaluation/trial.h"

#include <QObject>

#include <deque>
#include <optional>

namespace quantlathe::ui {

class TaskList;

/// One per window, as long as the document. Trials are listed among the window's tasks. What is measured of sensitivities goes to the
/// document. Lives on the window's thread.
class Evaluations : public QObject
{
    Q_OBJECT
public:
    /// Whether the open model can be run at all.
    struct Readiness
    {
        bool isKnown = false;
        bool canRun = false;
        QString description; ///< "llama, 4 layers; byte-level BPE (llama-bpe), 512 tokens", or what stands in the way
        QString advice;      ///< what to do about it; may be empty
    };
    /// A plan that was judged.
    struct Judgement
    {
        Plan plan;
        std::shared_ptr<const ImportanceMatch> importance; ///< it was encoded with
        std::string text;
        std::filesystem::path against; ///< empty: the model as it is stored
        EvaluationResult result;
        std::optional<DamageVerdict> verdict;
        bool isComplete = false;       ///< false while it goes on
    };

    Evaluations(Document& document, TaskList& tasks, QObject* parent = nullptr);
    ~Evaluations() override;

    [[nodiscard]] Document& document() const { return m_document; }
    [[nodiscard]] TaskList& tasks() const { return m_tasks; }
    /// Where interrupted trials are kept, so that the same trial goes on later; empty (the start) keeps none.
    void setJournalFolder(const std::filesystem::path& folder) { m_journalFolder = folder; }

    /// Looks into the model, in the background; once per model.
    void prepare();
    [[nodiscard]] const Readiness& readiness() const { return m_readiness; }

    /// Behind those that are there already. Model, plan and id are filled in here. @return the id
    quint64 add(Trial trial);
    void cancel(quint64 id);
    /// Cancels everything and waits.
    void stop();
    /// The first one runs.
    [[nodiscard]] const std::deque<Trial>& trials() const { return m_trials; }
    [[nodiscard]] bool isRunning() const { return !m_trials.empty(); }
    static QString title(const Trial& trial);
    /// Of the running one among the window's tasks; 0 = none.
    [[nodiscard]] quint64 currentTask() const { return m_trials.empty() ? 0 : m_taskOf.front(); }
    [[nodiscard]] QString stage() const { return m_stage; }

    [[nodiscard]] const std::optional<Judgement>& judgement() const { return m_judgement; }
    /// The plan was edited since it was judged, or other importance data were loaded.
    [[nodiscard]] bool isOfEarlierPlan() const
    {
        return m_judgement && !(m_judgement->plan == m_document.plan() && m_judgement->importance == m_document.importance());
    }

Q_SIGNALS:
    void readinessChanged();
    /// Something was added, began, or is over.
    void queueChanged();
    void progressed();
    /// Another judgement, better figures, or the plan is another one than the judged one.
    void judgementChanged();
    void failed(const QString& title, const quantlathe::Error& error);
    void cancelled(const QString& title);
    /// The file is complete; the document reads it. @p unreached: matrices of experts that no token reached
    void importanceCollected(const std::filesystem::path& file, int unreached);

private:
    void takeModel();
    void startNext();
    void start(const Trial& trial);
    void finish();
    void judge(const Trial& trial, const EvaluationResult& result, bool isComplete);

    Document& m_document;
    TaskList& m_tasks;
    std::filesystem::path m_journalFolder;
    Readiness m_readiness;
    std::deque<Trial> m_trials;
    std::deque<quint64> m_taskOf; ///< of the trials, in their order
    quint64 m_lastId = 0;
    QString m_stage;
    std::optional<Judgement> m_judgement;
    LatestJob m_preparing;
    LatestJob m_job; ///< last members: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
