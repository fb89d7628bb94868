// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/importance_text.h"

#include "core/base/text.h"
#include "ui/text.h"

#include <QCoreApplication>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

struct ImportanceText
{
    Q_DECLARE_TR_FUNCTIONS(quantlathe::ui::ImportanceText)
};

} // namespace

QString consequenceText(ImportanceUse use)
{
    switch (use) {
    case ImportanceUse::Used:
        return ImportanceText::tr("encoded with importance");
    case ImportanceUse::PartlyUsed:
        return ImportanceText::tr("experts that were never reached are encoded with all channels alike");
    case ImportanceUse::Missing:
        return ImportanceText::tr("not in the data: encoded without importance");
    case ImportanceUse::WrongSize:
        return ImportanceText::tr("of another size in the data: encoded without importance");
    case ImportanceUse::BadValues:
        return ImportanceText::tr("not numbers or negative in the data: encoded without importance");
    case ImportanceUse::NotWeighted:
        return ImportanceText::tr("written as floats, where there is nothing to weigh");
    case ImportanceUse::Kept:
        return ImportanceText::tr("not quantized: importance does not matter");
    }
    return {};
}

bool isImportanceTrouble(ImportanceUse use)
{
    return use == ImportanceUse::PartlyUsed || use == ImportanceUse::Missing || use == ImportanceUse::WrongSize || use == ImportanceUse::BadValues;
}

QStringList importanceLines(const ImportanceReport& report)
{
    QStringList lines;
    for (const ImportanceReport::Group& group : report.groups) {
        const QString line = ImportanceText::tr("%n tensor(s): %1", nullptr, static_cast<int>(group.tensors.size()))
                                 .arg(consequenceText(group.use));
        lines << (group.example.empty() ? line : u"%1 (%2)"_s.arg(line, toQString(group.example)));
    }
    if (!report.unknownNames.empty())
        lines << ImportanceText::tr("%n name(s) in the data are not in this model (%1)", nullptr,
                                             static_cast<int>(report.unknownNames.size()))
                     .arg(toQString(printable(report.unknownNames.front())));
    return lines;
}

QString importanceSummary(const Importance& importance, const ImportanceReport& report)
{
    const std::size_t used = report.count(ImportanceUse::Used) + report.count(ImportanceUse::PartlyUsed);
    const std::size_t all = report.uses.size() - report.count(ImportanceUse::Kept) - report.count(ImportanceUse::NotWeighted);
    const QString file = pathText(importance.file().filename());
    return all == 0 ? file
                    : ImportanceText::tr("%1: %2 of %3 quantized tensors").arg(file).arg(used).arg(all);
}

} // namespace quantlathe::ui
