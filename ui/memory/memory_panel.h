// SPDX-License-Identifier: GPL-3.0-or-later
// What the planned model needs to run, live on every edit: weights, cache, buffers and driver against devices.
#pragma once

#include <QTimer>
#include <QWidget>

#include <vector>

class QAction;
class QLabel;
class QVBoxLayout;

namespace quantlathe::ui {

class DeviceBlock;
class DeviceList;
class Document;
class MemoryAnswersBox;
class MemorySettings;

class MemoryPanel : public QWidget
{
    Q_OBJECT
public:
    explicit MemoryPanel(Document& document, QWidget* parent = nullptr);

    /// Offered under what fits: the window's "fit to these devices". Null takes it away.
    void setBestPlanAction(QAction* action);

protected:
    void changeEvent(QEvent* event) override;

private:
    void restoreDevices();
    void takeModel();
    void update();
    void showProblem(const QString& problem);

    Document& m_document;
    MemorySettings* m_settings;
    DeviceList* m_devices;
    QLabel* m_verdictIcon;
    QLabel* m_verdict;
    MemoryAnswersBox* m_answers;
    QVBoxLayout* m_blockLayout;
    std::vector<DeviceBlock*> m_blocks; ///< the host's last
    QLabel* m_notes;
    QTimer m_soon; ///< a model that opens leaves the other panels their turn first
    bool m_isTakingModel = false;
};

} // namespace quantlathe::ui
