// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/metadata_save_dialog.h"

#include "core/formats/open.h"
#include "ui/document.h"
#include "ui/parts/job_strip.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
/// A header that is written anew into a large file gets room for the next edits.
constexpr std::uint64_t reservedBytes = 64u << 10;
constexpr std::uint64_t largeFile = 64u << 20;
} // namespace

MetadataSaveDialog::MetadataSaveDialog(Document& document, QWidget* parent)
    : QDialog(parent), m_document(document), m_newFile(new QRadioButton(tr("As a &new file:"), this)),
      m_inPlace(new QRadioButton(tr("Into the &model file itself"), this)), m_target(new QLineEdit(this)),
      m_browse(new QPushButton(tr("&Browse…"), this)), m_confirm(new QCheckBox(this)), m_outlook(new QLabel(this)), m_strip(new JobStrip(this))
{
    setObjectName(u"metadataSaveDialog"_s);
    setWindowTitle(tr("Save metadata"));
    const QFileInfo model(pathText(document.model()->files().front()));
    m_newFile->setObjectName(u"saveAsNew"_s);
    m_newFile->setChecked(true);
    m_inPlace->setObjectName(u"saveInPlace"_s);
    m_target->setObjectName(u"saveTarget"_s);
    m_target->setAccessibleName(tr("Name of the new file"));
    m_target->setText(model.dir().filePath(tr("%1-edited.gguf").arg(model.completeBaseName())));
    m_confirm->setObjectName(u"saveConfirm"_s);
    m_confirm->setText(tr("&Change %1; I have no need of its old metadata").arg(model.fileName().replace(u'&', u"&&"_s)));
    m_outlook->setObjectName(u"saveOutlook"_s);
    m_outlook->setTextFormat(Qt::PlainText);
    m_outlook->setWordWrap(true);
    m_outlook->setMinimumHeight(fontMetrics().lineSpacing() * 3);
    m_outlook->setAlignment(Qt::AlignTop | Qt::AlignLeft);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    m_save = buttons->button(QDialogButtonBox::Save);
    auto* name = new QHBoxLayout;
    name->addSpacing(fontMetrics().averageCharWidth() * 3);
    name->addWidget(m_target, 1);
    name->addWidget(m_browse);
    auto* confirm = new QHBoxLayout;
    confirm->addSpacing(fontMetrics().averageCharWidth() * 3);
    confirm->addWidget(m_confirm, 1);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_newFile);
    layout->addLayout(name);
    layout->addWidget(m_inPlace);
    layout->addLayout(confirm);
    layout->addSpacing(fontMetrics().height() / 2);
    layout->addWidget(m_outlook, 1);
    layout->addWidget(m_strip);
    layout->addWidget(buttons);
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);

    m_strip->watch(m_saving, tr("Saving"));
    connect(buttons, &QDialogButtonBox::accepted, this, &MetadataSaveDialog::save);
    connect(buttons, &QDialogButtonBox::rejected, this, &MetadataSaveDialog::reject);
    connect(m_browse, &QPushButton::clicked, this, &MetadataSaveDialog::browse);
    connect(m_target, &QLineEdit::textChanged, this, &MetadataSaveDialog::look);
    connect(m_newFile, &QRadioButton::toggled, this, &MetadataSaveDialog::look);
    connect(m_confirm, &QCheckBox::toggled, this, &MetadataSaveDialog::update);
    connect(&m_saving, &LatestJob::runningChanged, this, &MetadataSaveDialog::update);
    look();
}

bool MetadataSaveDialog::isInPlace() const { return m_inPlace->isChecked(); }

void MetadataSaveDialog::setTarget(const QString& path) { m_target->setText(path); }

MetadataSaveRequest MetadataSaveDialog::request() const
{
    MetadataSaveRequest request{m_document.model(), m_document.metadataEdits(), {}, 0};
    if (!isInPlace())
        request.target = toPath(QDir::cleanPath(QFileInfo(m_target->text()).absoluteFilePath()));
    else if (m_document.model()->fileBytes() >= largeFile)
        request.reserveBytes = reservedBytes;
    return request;
}

void MetadataSaveDialog::browse()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the model with its new metadata"), m_target->text(), tr("GGUF files (*.gguf)"));
    if (!path.isEmpty())
        setTarget(path);
}

void MetadataSaveDialog::look()
{
    m_isPossible = false;
    update();
    if (!isInPlace() && m_target->text().trimmed().isEmpty()) {
        m_outlook->setText(tr("Name the new file."));
        return;
    }
    m_looking.start([wanted = request()](const RunControl&) { return metadataOutlook(wanted); },
                    [this](const MetadataSaveOutlook& outlook) {
                        m_isPossible = true;
                        const QString size = bytesText(outlook.writtenBytes);
                        if (outlook.isHeaderOnly)
                            m_outlook->setText(tr("The header has room: only %1 are written, at once. A backup of the old header lies beside the "
                                                  "file until the new one is on disk.").arg(size));
                        else if (isInPlace())
                            m_outlook->setText(tr("The header has no room for this: a whole new file (%1) is written beside the model and takes "
                                                  "its place when it is complete and checked.").arg(size));
                        else
                            m_outlook->setText(tr("%1 are written, read back and compared. The model itself stays as it is.").arg(size));
                        update();
                    },
                    [this](const Error& error) {
                        const QString detail = detailText(error);
                        m_outlook->setText(detail.isEmpty() ? messageText(error) : messageText(error) + u'\n' + detail);
                    });
}

void MetadataSaveDialog::update()
{
    const bool isBusy = m_saving.isRunning();
    for (QWidget* control : std::initializer_list<QWidget*>{m_newFile, m_inPlace})
        control->setEnabled(!isBusy);
    m_target->setEnabled(!isBusy && !isInPlace());
    m_browse->setEnabled(!isBusy && !isInPlace());
    m_confirm->setEnabled(!isBusy && isInPlace());
    m_save->setEnabled(!isBusy && m_isPossible && (!isInPlace() || m_confirm->isChecked()));
}

void MetadataSaveDialog::save()
{
    if (!m_save->isEnabled())
        return;
    const auto failed = [this](const Error& error) {
        const QString detail = detailText(error);
        m_outlook->setText(detail.isEmpty() ? messageText(error) : messageText(error) + u'\n' + detail);
    };
    m_saving.start(
        [wanted = request(), path = m_document.model()->path()](const RunControl& control) {
            MetadataSaveResult result = saveMetadata(wanted, control);
            // The model in memory shows a file that is not there any more.
            return std::pair(result, wanted.target.empty() ? openModel(path) : nullptr);
        },
        [this](std::pair<MetadataSaveResult, std::shared_ptr<const Model>> done) {
            m_result = std::move(done.first);
            if (done.second)
                m_document.replaceModel(std::move(done.second));
            else if (m_document.plan().choices().empty())
                m_document.undoStack().setClean();
            accept();
        },
        failed);
}

void MetadataSaveDialog::reject()
{
    const bool wasSaving = m_saving.isRunning();
    m_saving.cancelAndWait(); // nothing is left behind
    if (wasSaving && isInPlace()) {
        try { // it may have been too late to stop
            m_document.model()->throwIfSourceChanged();
        } catch (const Error&) {
            m_document.open(m_document.model()->path());
        }
    }
    QDialog::reject();
}

} // namespace quantlathe::ui
