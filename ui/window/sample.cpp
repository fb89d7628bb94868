// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/sample.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

QString sampleModelPath()
{
    const QString installed = QCoreApplication::applicationDirPath() + u"/../share/quantlathe/sample"_s;
    for (const QString& folder : {installed, QString::fromUtf8(QUANTLATHE_SAMPLE_FOLDER)}) {
        const QFileInfo file(QDir(folder), u"quantlathe-sample-f16.gguf"_s);
        if (file.exists())
            return QDir::cleanPath(file.absoluteFilePath());
    }
    return {};
}

} // namespace quantlathe::ui
