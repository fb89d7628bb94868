// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/evaluations.h"

#include "ui/parts/task_list.h"
#include "ui/text.h"

#include <QFileInfo>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

Evaluations::Evaluations(Document& document, TaskList& tasks, QObject* parent) : QObject(parent), m_document(document), m_tasks(tasks)
{
    connect(&document, &Document::modelChanged, this, &Evaluations::takeModel);
    const auto compare = [this] {
        if (m_judgement)
            Q_EMIT judgementChanged();
    };
    connect(&document, &Document::planChanged, this, compare);
    connect(&document, &Document::importanceChanged, this, compare);
    connect(&m_job, &LatestJob::progressed, this, [this](const QString& stage, quint64 done, quint64 total) {
        if (m_trials.empty())
            return;
        m_stage = stage;
        m_tasks.progress(m_taskOf.front(), done, total);
        Q_EMIT progressed();
    });
}

Evaluations::~Evaluations() { m_job.cancelAndWait(); }

void Evaluations::takeModel()
{
    m_preparing.cancel();
    m_job.cancel();
    for (const quint64 task : std::exchange(m_taskOf, {}))
        m_tasks.end(task);
    m_trials.clear();
    m_readiness = {};
    m_judgement.reset();
    Q_EMIT readinessChanged();
    Q_EMIT queueChanged();
    Q_EMIT judgementChanged();
}

void Evaluations::prepare()
{
    if (m_readiness.isKnown || m_preparing.isRunning() || !m_document.hasModel())
        return;
    m_preparing.start([model = m_document.model()](const RunControl&) { return makeRunnable(model); },
                      [this](const RunnableModel& runnable) {
                          m_readiness = {true, true,
                                         tr("%1, %n layers; %2", nullptr, static_cast<int>(runnable.network->layers.size()))
                                             .arg(toQString(runnable.network->architecture), toQString(runnable.tokenizer->describe())),
                                         {}};
                          Q_EMIT readinessChanged();
                      },
                      [this](const Error& error) {
                          m_readiness = {true, false, messageText(error), detailText(error)};
                          Q_EMIT readinessChanged();
                      });
}

QString Evaluations::title(const Trial& trial)
{
    const QString text = toQString(trial.text.name);
    switch (trial.kind) {
    case Trial::Kind::Plan: return tr("Evaluating the plan on %1").arg(text);
    case Trial::Kind::AgainstModel:
        return tr("Evaluating the plan against %1 on %2").arg(toQString(trial.against.filename().string()), text);
    case Trial::Kind::Sensitivity: return tr("Measuring sensitivity on %1").arg(text);
    case Trial::Kind::Importance: return tr("Collecting importance on %1").arg(text);
    }
    return {};
}

quint64 Evaluations::add(Trial trial)
{
    trial.id = ++m_lastId;
    trial.model = m_document.model();
    trial.plan = m_document.plan();
    trial.importance = m_document.importance();
    trial.journalFolder = m_journalFolder;
    m_taskOf.push_back(m_tasks.begin(title(trial), [this, id = trial.id] { cancel(id); }));
    m_trials.push_back(std::move(trial));
    if (m_trials.size() == 1)
        startNext();
    else
        m_tasks.setWaiting(m_taskOf.back(), true);
    Q_EMIT queueChanged();
    return m_lastId;
}

void Evaluations::cancel(quint64 id)
{
    const auto found = std::find_if(m_trials.begin(), m_trials.end(), [id](const Trial& trial) { return trial.id == id; });
    if (found == m_trials.end())
        return;
    if (found == m_trials.begin()) {
        m_job.cancel();
        const QString what = title(*found);
        finish();
        Q_EMIT cancelled(what);
        return;
    }
    const auto place = found - m_trials.begin();
    m_tasks.end(m_taskOf[static_cast<std::size_t>(place)]);
    m_taskOf.erase(m_taskOf.begin() + place);
    m_trials.erase(found);
    Q_EMIT queueChanged();
}

void Evaluations::stop()
{
    m_preparing.cancelAndWait();
    m_job.cancelAndWait();
    takeModel();
}

void Evaluations::startNext()
{
    m_stage.clear();
    if (m_trials.empty())
        return;
    m_tasks.setWaiting(m_taskOf.front(), false);
    start(m_trials.front());
}

void Evaluations::start(const Trial& trial)
{
    const auto fail = [this, what = title(trial)](const Error& error) {
        finish();
        Q_EMIT failed(what, error);
    };
    // Figures so far come from the worker's thread. What a cancelled trial still delivers is dropped by its id.
    const auto deliver = [this, id = trial.id](auto take) {
        QMetaObject::invokeMethod(
            this,
            [this, id, take = std::move(take)] {
                if (!m_trials.empty() && m_trials.front().id == id)
                    take();
            },
            Qt::QueuedConnection);
    };
    switch (trial.kind) {
    case Trial::Kind::Plan:
    case Trial::Kind::AgainstModel:
        m_job.start(
            [this, trial, deliver](const RunControl& control) {
                return runEvaluation(
                    trial, [this, trial, deliver](const EvaluationResult& sofar) { deliver([this, trial, sofar] { judge(trial, sofar, false); }); },
                    control);
            },
            [this, trial](const EvaluationResult& result) {
                finish();
                judge(trial, result, true);
            },
            fail);
        break;
    case Trial::Kind::Sensitivity: {
        const auto take = [this](const Sensitivities& result) { m_document.setSensitivities(std::make_shared<const Sensitivities>(result)); };
        m_job.start(
            [trial, deliver, take](const RunControl& control) {
                return runSensitivity(trial, [deliver, take](const Sensitivities& sofar) { deliver([take, sofar] { take(sofar); }); }, control);
            },
            [this, take](const Sensitivities& result) {
                finish();
                take(result);
            },
            fail);
        break;
    }
    case Trial::Kind::Importance:
        m_job.start([trial](const RunControl& control) { return runCollection(trial, control); },
                    [this, trial](const CollectedImportance& result) {
                        finish();
                        m_document.loadImportance(trial.output);
                        Q_EMIT importanceCollected(trial.output, static_cast<int>(result.unreached.size()));
                    },
                    fail);
        break;
    }
}

void Evaluations::finish()
{
    m_tasks.end(m_taskOf.front());
    m_taskOf.pop_front();
    m_trials.pop_front();
    startNext();
    Q_EMIT queueChanged();
}

void Evaluations::judge(const Trial& trial, const EvaluationResult& result, bool isComplete)
{
    m_judgement = Judgement{trial.plan, trial.importance, trial.text.name, trial.against, result, verdictOf(result), isComplete};
    Q_EMIT judgementChanged();
}

} // namespace quantlathe::ui
