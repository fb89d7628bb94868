// SPDX-License-Identifier: GPL-3.0-or-later
// bench_first_row [FILE]: milliseconds from opening a model in the window's document to the first row of the error map, to
// the whole sampled map of all types, and again with kept figures; and the processor time the whole program took for it. Without
// FILE on a model of 1.1 billion half floats that is made for it (2.2 GB in the folder for temporary files).
#include "support/half_model.h"
#include "ui/map/map_source.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>

#include <cstdio>
#include <ctime>
#include <string>

using namespace quantlathe;
using namespace quantlathe::ui;

namespace {

void measure(const char* file, const QString& cache)
{
    Document document;
    document.previews().setCacheFolder(cache.toStdString());
    document.previews().setThorough(false);
    MapSource source(document);
    source.setTypes({MapSource::Types::Kind::One, TensorType::Q4_K});
    QElapsedTimer timer;
    qint64 opened = -1;
    qint64 firstRow = -1;
    qint64 sampled = -1;
    const auto look = [&] {
        const auto isRowKnown = [&] {
            for (int column = 0; column < static_cast<int>(source.grid().roles.size()); ++column) {
                if (!source.tensors({0, column}).empty() && !source.value({0, column}).isKnown())
                    return false;
            }
            return !source.grid().layers.empty();
        };
        if (firstRow < 0 && isRowKnown())
            firstRow = timer.elapsed();
        const auto progress = document.survey()->progress();
        if (sampled < 0 && progress.known == progress.total) {
            sampled = timer.elapsed();
            QApplication::quit();
        }
    };
    QObject::connect(&document, &Document::opened, &document, [&] { opened = timer.elapsed(); });
    // What a view does: it asks for the fields it paints.
    QObject::connect(&source, &MapSource::gridChanged, &document, [&] {
        for (int row = 0; row < static_cast<int>(source.grid().layers.size()); ++row) {
            for (int column = 0; column < static_cast<int>(source.grid().roles.size()); ++column)
                source.look({row, column});
        }
    });
    QObject::connect(&source, &MapSource::valuesChanged, &document, [&] {
        if (document.survey())
            look();
    });
    QObject::connect(&document, &Document::measuringChanged, &document, look);
    const std::clock_t startOfProcess = std::clock();
    timer.start();
    document.open(file);
    QApplication::exec();
    const auto progress = document.survey()->progress();
    const double seconds = static_cast<double>(std::clock() - startOfProcess) / CLOCKS_PER_SEC;
    std::printf("opened %lld ms, first row %lld ms, %zu pairs of tensor and type sampled after %lld ms, %.1f s of processor time\n", static_cast<long long>(opened),
                static_cast<long long>(firstRow), progress.total, static_cast<long long>(sampled), seconds);
}

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    const QTemporaryDir folder;
    std::string file = argc > 1 ? argv[1] : "";
    if (file.empty()) {
        file = folder.filePath(QStringLiteral("billion.gguf")).toStdString();
        quantlathe::test::writeHalfModel(file, {22, 2048, 2048, 256, 64, 5632, 32000, true, true});
    }
    const QString cache = folder.filePath(QStringLiteral("cache"));
    measure(file.c_str(), cache);
    measure(file.c_str(), cache);
    return 0;
}
