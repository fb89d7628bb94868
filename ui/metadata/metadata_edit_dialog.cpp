// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/metadata_edit_dialog.h"

#include "core/model/known_keys.h"
#include "ui/document.h"
#include "ui/look/theme.h"
#include "ui/text.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

MetadataEditDialog::MetadataEditDialog(Document& document, const QString& key, QWidget* parent)
    : QDialog(parent), m_document(document), m_isNew(key.isEmpty()), m_key(new QLineEdit(key, this)), m_type(new QComboBox(this)),
      m_meaning(new QLabel(this)), m_text(new QPlainTextEdit(this)), m_problem(new QLabel(this))
{
    setObjectName(u"metadataEditDialog"_s);
    setWindowTitle(m_isNew ? tr("Add a metadata key") : tr("Edit metadata"));
    m_key->setObjectName(u"editKey"_s);
    m_key->setReadOnly(!m_isNew);
    m_key->setPlaceholderText(tr("For example general.description"));
    m_type->setObjectName(u"editType"_s);
    for (const char* id : {"string", "u32", "i32", "f32", "bool", "u64", "i64", "f64", "u8", "i8", "u16", "i16"})
        m_type->addItem(QLatin1String(id), QLatin1String(id));
    for (const char* id : {"string", "u32", "i32", "f32", "bool", "u64", "i64", "f64", "u8", "i8", "u16", "i16"})
        m_type->addItem(tr("array of %1").arg(QLatin1String(id)), u"[%1]"_s.arg(QLatin1String(id)));
    m_text->setObjectName(u"editText"_s);
    m_text->setAccessibleName(tr("Value"));
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setTabChangesFocus(true);
    for (QLabel* label : {m_meaning, m_problem}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_meaning->setForegroundRole(QPalette::PlaceholderText);
    m_problem->setObjectName(u"editProblem"_s);

    auto* form = new QFormLayout;
    form->addRow(tr("&Key:"), m_key);
    form->addRow(tr("&Type:"), m_type);
    auto* valueLabel = new QLabel(tr("&Value:"), this);
    valueLabel->setBuddy(m_text);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_meaning);
    layout->addWidget(valueLabel);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    const int character = fontMetrics().averageCharWidth();
    resize(character * 90, fontMetrics().height() * 26);

    const MetadataValue* value = m_isNew ? nullptr : document.metadata().find(key.toStdString());
    if (value) {
        m_type->setCurrentIndex(m_type->findData(toQString(kindText(kindOf(*value)))));
        m_text->setPlainText(toQString(editableText(*value, true)));
        m_isTypeChosen = true;
    }
    connect(buttons, &QDialogButtonBox::accepted, this, &MetadataEditDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_key, &QLineEdit::textChanged, this, &MetadataEditDialog::keyTyped);
    connect(m_text, &QPlainTextEdit::textChanged, this, &MetadataEditDialog::check);
    connect(m_type, &QComboBox::activated, this, [this] {
        m_isTypeChosen = true;
        check();
    });
    keyTyped();
    (m_isNew ? static_cast<QWidget*>(m_key) : m_text)->setFocus();
}

QString MetadataEditDialog::currentKey() const { return m_key->text().trimmed(); }

MetadataKind MetadataEditDialog::kind() const { return *kindFromText(m_type->currentData().toString().toStdString()); }

void MetadataEditDialog::keyTyped()
{
    const auto known = knownKey(currentKey().toStdString(), m_document.metadata().string("general.architecture").value_or(""));
    m_meaning->setText(known ? tr("%1; its type is %2.").arg(toQString(known->meaning), toQString(expectedTypeText(*known)))
                             : tr("Programs that do not know this key ignore it."));
    check();
}

void MetadataEditDialog::check()
{
    const std::string key = currentKey().toStdString();
    const std::string text = m_text->toPlainText().toStdString();
    if (!m_isTypeChosen) // by the key, else by the looks of the value
        m_type->setCurrentIndex(m_type->findData(toQString(kindText(guessKind(key, text, m_document.metadata())))));
    QString problem;
    if (m_isNew && m_document.metadata().find(key)) {
        problem = tr("There is a key of this name already.");
    } else {
        try {
            if (const auto found = problemWithEdit(m_document.metadata(), key, parseMetadata(text, kind())))
                problem = toQString(*found) + u'.';
        } catch (const Error& error) {
            problem = messageText(error);
        }
    }
    const bool isUntouched = m_isNew && key.empty() && text.empty();
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, errorColour(palette()));
    m_problem->setPalette(colours);
    m_problem->setText(isUntouched ? QString() : problem);
    m_ok->setEnabled(problem.isEmpty());
}

void MetadataEditDialog::accept()
{
    if (!m_ok->isEnabled())
        return;
    const QString problem = m_document.editMetadata(currentKey().toStdString(), parseMetadata(m_text->toPlainText().toStdString(), kind()),
                                                    m_isNew ? tr("Add %1").arg(currentKey()) : tr("Change %1").arg(currentKey()));
    if (problem.isEmpty())
        QDialog::accept();
    else
        m_problem->setText(problem);
}

} // namespace quantlathe::ui
