// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/fit_constraints_box.h"

#include "core/codecs/codec.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

std::vector<TensorType> writableTypes()
{
    std::vector<TensorType> types;
    for (const TensorTypeInfo& type : allTensorTypes()) {
        if (isTargetType(type.type) && codecFor(type.type).canEncode())
            types.push_back(type.type);
    }
    std::stable_sort(types.begin(), types.end(), [](TensorType a, TensorType b) { return info(a).bitsPerWeight() < info(b).bitsPerWeight(); });
    return types;
}

} // namespace

FitConstraintsBox::FitConstraintsBox(const Document& document, const FitConstraints& constraints, QWidget* parent)
    : QTabWidget(parent), m_document(document), m_lockedBefore(constraints.locked)
{
    setObjectName(u"fitConstraints"_s);
    addTab(makeTypesPage(constraints), tr("&Types"));
    addTab(makeMinimumsPage(constraints), tr("At lea&st"));
    addTab(makeGroupsPage(constraints), tr("To&gether and kept"));
    read();
}

QWidget* FitConstraintsBox::makeTypesPage(const FitConstraints& constraints)
{
    auto* page = new QWidget(this);
    m_types = new QListWidget(page);
    m_types->setObjectName(u"fitTypes"_s);
    m_types->setAccessibleName(tr("Types to choose from"));
    m_types->setUniformItemSizes(true);
    auto* label = new QLabel(tr("T&ypes to choose from:"), page);
    label->setBuddy(m_types);
    for (const TensorType type : writableTypes()) {
        QString text = tr("%1 – %2 bits").arg(toQString(name(type)), bitsText(info(type).bitsPerWeight()));
        if (info(type).needsImportance)
            text = tr("%1, meant for importance data").arg(text);
        auto* item = new QListWidgetItem(text, m_types);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setData(Qt::UserRole, static_cast<int>(type));
        const bool isAllowed = std::find(constraints.allowed.begin(), constraints.allowed.end(), type) != constraints.allowed.end();
        item->setCheckState(isAllowed ? Qt::Checked : Qt::Unchecked);
    }
    if (constraints.allowed.empty())
        setDefaultTypes();
    auto* defaults = new QPushButton(tr("&Usual types"), page);
    defaults->setObjectName(u"fitDefaultTypes"_s);
    defaults->setToolTip(tr("Those that serve well without importance data, and every tensor as it is stored"));
    auto* layout = new QVBoxLayout(page);
    layout->addWidget(label);
    layout->addWidget(m_types, 1);
    layout->addWidget(defaults, 0, Qt::AlignLeft);
    connect(defaults, &QPushButton::clicked, this, [this] {
        {
            const QSignalBlocker blocker(m_types);
            setDefaultTypes();
        }
        read();
    });
    connect(m_types, &QListWidget::itemChanged, this, &FitConstraintsBox::read);
    return page;
}

void FitConstraintsBox::setDefaultTypes()
{
    const std::vector<TensorType> defaults = defaultFitTypes();
    for (int row = 0; row < m_types->count(); ++row) {
        const auto type = static_cast<TensorType>(m_types->item(row)->data(Qt::UserRole).toInt());
        const bool isDefault = std::find(defaults.begin(), defaults.end(), type) != defaults.end();
        m_types->item(row)->setCheckState(isDefault ? Qt::Checked : Qt::Unchecked);
    }
}

QWidget* FitConstraintsBox::makeMinimumsPage(const FitConstraints& constraints)
{
    auto* page = new QWidget(this);
    const Model& model = *m_document.model();
    std::set<TensorRole> present;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        if (isQuantizable(model.tensors()[index], model.place(index)))
            present.insert(model.place(index).role);
    }
    m_roles = new QTableWidget(static_cast<int>(present.size()), 2, page);
    m_roles->setObjectName(u"fitRoles"_s);
    m_roles->setAccessibleName(tr("Least type by role"));
    m_roles->setHorizontalHeaderLabels({tr("Role"), tr("At least")});
    m_roles->verticalHeader()->hide();
    m_roles->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_roles->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_roles->setSelectionMode(QAbstractItemView::NoSelection);
    m_roles->setTabKeyNavigation(false);
    m_roles->setWordWrap(false);
    int row = 0;
    for (const TensorRole role : present) {
        auto* item = new QTableWidgetItem(toQString(label(role)));
        item->setFlags(Qt::ItemIsEnabled);
        item->setData(Qt::UserRole, static_cast<int>(role));
        m_roles->setItem(row, 0, item);
        auto* combo = new QComboBox(m_roles);
        combo->setObjectName(u"fitRole_%1"_s.arg(toQString(name(role))));
        combo->setAccessibleName(tr("Least type: %1").arg(toQString(label(role))));
        combo->addItem(tr("any"), -1);
        for (const TensorType type : writableTypes())
            combo->addItem(toQString(name(type)), static_cast<int>(type));
        if (const auto found = constraints.minimumByRole.find(role); found != constraints.minimumByRole.end())
            combo->setCurrentIndex(qMax(0, combo->findData(static_cast<int>(found->second))));
        m_roles->setCellWidget(row++, 1, combo);
        connect(combo, &QComboBox::currentIndexChanged, this, &FitConstraintsBox::read);
    }
    m_roles->resizeRowsToContents();
    m_rules = new QPlainTextEdit(page);
    m_rules->setObjectName(u"fitRules"_s);
    m_rules->setTabChangesFocus(true);
    m_rules->setPlaceholderText(u"blk\\.[0-3]\\.ffn_down=Q6_K"_s);
    m_rules->setMaximumHeight(fontMetrics().lineSpacing() * 4);
    m_rules->setToolTip(tr("Regular expressions on GGUF names; the type's bits per weight are the least"));
    QStringList lines;
    for (const TypeRule& rule : constraints.minimumByName)
        lines << u"%1=%2"_s.arg(toQString(rule.pattern()), toQString(name(rule.type())));
    m_rules->setPlainText(lines.join(u'\n'));
    auto* rulesLabel = new QLabel(tr("By na&me, one NAME=TYPE per line:"), page);
    rulesLabel->setBuddy(m_rules);
    auto* layout = new QVBoxLayout(page);
    layout->addWidget(m_roles, 1);
    layout->addWidget(rulesLabel);
    layout->addWidget(m_rules);
    connect(m_rules, &QPlainTextEdit::textChanged, this, &FitConstraintsBox::read);
    return page;
}

QWidget* FitConstraintsBox::makeGroupsPage(const FitConstraints& constraints)
{
    auto* page = new QWidget(this);
    const auto box = [page](const QString& text, const QString& name, bool isChecked) {
        auto* check = new QCheckBox(text, page);
        check->setObjectName(name);
        check->setChecked(isChecked);
        return check;
    };
    m_attention = box(tr("&Query, key and value of a layer"), u"fitAgreeAttention"_s, constraints.agreement.attentionInputs);
    m_gateUp = box(tr("Gate and &up of a layer"), u"fitAgreeGateUp"_s, constraints.agreement.gateUp);
    m_experts = box(tr("All e&xperts of a layer"), u"fitAgreeExperts"_s, constraints.agreement.experts);
    const int selected = static_cast<int>(m_document.selection().size());
    m_lockSelection = box(selected == 0 ? tr("The selected tensors (none is)") : tr("The %n selected tensors", nullptr, selected),
                          u"fitLockSelection"_s, false);
    m_lockSelection->setEnabled(!m_document.selection().empty());
    m_lockBefore = box(tr("The %n tensors that were kept last time", nullptr, static_cast<int>(m_lockedBefore.size())), u"fitLockBefore"_s,
                       !m_lockedBefore.empty());
    m_lockBefore->setVisible(!m_lockedBefore.empty());
    m_lockPattern = new QLineEdit(page);
    m_lockPattern->setObjectName(u"fitLockPattern"_s);
    m_lockPattern->setPlaceholderText(u"token_embd|blk\\.0\\."_s);
    auto* patternLabel = new QLabel(tr("Tensors whose na&me matches:"), page);
    patternLabel->setBuddy(m_lockPattern);
    auto* layout = new QVBoxLayout(page);
    layout->addWidget(new QLabel(tr("Get the same type:"), page));
    for (QCheckBox* check : {m_attention, m_gateUp, m_experts})
        layout->addWidget(check);
    layout->addSpacing(fontMetrics().lineSpacing() / 2);
    layout->addWidget(new QLabel(tr("Keep the type they have in the plan:"), page));
    layout->addWidget(m_lockSelection);
    layout->addWidget(m_lockBefore);
    layout->addWidget(patternLabel);
    layout->addWidget(m_lockPattern);
    layout->addStretch();
    for (QCheckBox* check : {m_attention, m_gateUp, m_experts, m_lockSelection, m_lockBefore})
        connect(check, &QCheckBox::toggled, this, &FitConstraintsBox::read);
    connect(m_lockPattern, &QLineEdit::textChanged, this, &FitConstraintsBox::read);
    return page;
}

void FitConstraintsBox::read()
{
    m_problem.clear();
    FitConstraints wanted;
    for (int row = 0; row < m_types->count(); ++row) {
        if (m_types->item(row)->checkState() == Qt::Checked)
            wanted.allowed.push_back(static_cast<TensorType>(m_types->item(row)->data(Qt::UserRole).toInt()));
    }
    if (wanted.allowed.empty())
        m_problem = tr("Allow at least one type");
    // The usual types bring "as stored" along.
    std::vector<TensorType> defaults = defaultFitTypes();
    if (std::is_permutation(wanted.allowed.begin(), wanted.allowed.end(), defaults.begin(), defaults.end()))
        wanted.allowed.clear();
    for (int row = 0; row < m_roles->rowCount(); ++row) {
        const int type = qobject_cast<QComboBox*>(m_roles->cellWidget(row, 1))->currentData().toInt();
        if (type >= 0)
            wanted.minimumByRole[static_cast<TensorRole>(m_roles->item(row, 0)->data(Qt::UserRole).toInt())] = static_cast<TensorType>(type);
    }
    wanted.agreement = {m_attention->isChecked(), m_gateUp->isChecked(), m_experts->isChecked()};
    if (m_lockBefore->isChecked())
        wanted.locked = m_lockedBefore;
    if (m_lockSelection->isChecked())
        wanted.locked.insert(m_document.selection().begin(), m_document.selection().end());
    try {
        for (const QString& line : m_rules->toPlainText().split(u'\n', Qt::SkipEmptyParts)) {
            if (!line.trimmed().isEmpty())
                wanted.minimumByName.push_back(TypeRule::parse(line.trimmed().toStdString()));
        }
        if (const std::string pattern = m_lockPattern->text().trimmed().toStdString(); !pattern.empty()) {
            const TypeRule rule(pattern, TensorType::F16); // only the pattern counts
            for (std::size_t index = 0; index < m_document.tensorCount(); ++index) {
                if (rule.matches(m_document.model()->place(index).canonicalName))
                    wanted.locked.insert(index);
            }
        }
    } catch (const Error& error) {
        m_problem = messageText(error);
    }
    if (m_problem.isEmpty())
        m_constraints = std::move(wanted);
    Q_EMIT changed();
}

std::optional<FitConstraints> FitConstraintsBox::constraints() const { return m_problem.isEmpty() ? std::optional(m_constraints) : std::nullopt; }

} // namespace quantlathe::ui
