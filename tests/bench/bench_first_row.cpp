// SPDX-License-Identifier: GPL-3.0-or-later
// bench_first_row FILE: milliseconds from opening a model in the window's document to the first row of the error map, to
// the whole sampled map of all types, and again with kept figures.
#include "ui/map/map_source.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>

#include <cstdio>

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
    timer.start();
    document.open(file);
    QApplication::exec();
    const auto progress = document.survey()->progress();
    std::printf("opened %lld ms, first row %lld ms, %zu pairs of tensor and type sampled after %lld ms\n", static_cast<long long>(opened),
                static_cast<long long>(firstRow), progress.total, static_cast<long long>(sampled));
}

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    if (argc < 2) {
        std::fprintf(stderr, "usage: bench_first_row FILE\n");
        return 2;
    }
    const QTemporaryDir cache;
    measure(argv[1], cache.path());
    measure(argv[1], cache.path());
    return 0;
}
