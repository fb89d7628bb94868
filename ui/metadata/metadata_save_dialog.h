// SPDX-License-Identifier: GPL-3.0-or-later
// Where edited metadata go: a new file, or, when the person says so twice, the model's own file.
#pragma once

#include "core/jobs/metadata_job.h"
#include "ui/background.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QRadioButton;

namespace quantlathe::ui {

class Document;
class JobStrip;

class MetadataSaveDialog : public QDialog
{
    Q_OBJECT
public:
    explicit MetadataSaveDialog(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] bool isInPlace() const;
    void setTarget(const QString& path);
    /// After it was accepted: what was written.
    [[nodiscard]] const MetadataSaveResult& result() const { return m_result; }

    void reject() override;

private:
    void browse();
    void look();
    void save();
    void update();
    [[nodiscard]] MetadataSaveRequest request() const;

    Document& m_document;
    QRadioButton* m_newFile;
    QRadioButton* m_inPlace;
    QLineEdit* m_target;
    QPushButton* m_browse;
    QCheckBox* m_confirm;
    QLabel* m_outlook;
    JobStrip* m_strip;
    QPushButton* m_save;
    bool m_isPossible = false;
    MetadataSaveResult m_result;
    LatestJob m_looking;
    LatestJob m_saving; ///< last members: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
