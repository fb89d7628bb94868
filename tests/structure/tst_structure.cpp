// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of the design that a compiler does not check: who includes whom, licence lines, lengths, README files.
#include "source_rules.h"
#include "support/test_support.h"

#include <fstream>
#include <iterator>

using namespace quantlathe::structure;

namespace {

QString joined(const std::vector<std::string>& lines)
{
    QString text;
    for (const std::string& line : lines)
        text += QString::fromStdString(line) + u'\n';
    return text;
}

class TestStructure : public QObject
{
    Q_OBJECT

    std::filesystem::path m_root = QUANTLATHE_SOURCE_DIR;
    std::vector<SourceFile> m_files;

    /// Build folders and hidden folders are no part of the tree; .ci is.
    static bool isSkipped(const std::string& folder)
    {
        return (folder.front() == '.' && folder != ".ci") || folder.rfind("build", 0) == 0 || folder == "__pycache__"
            || folder == "node_modules";
    }

    void readTree()
    {
        namespace fs = std::filesystem;
        for (auto at = fs::recursive_directory_iterator(m_root); at != fs::recursive_directory_iterator(); ++at) {
            const std::string name = at->path().filename().string();
            if (at->is_directory()) {
                if (isSkipped(name))
                    at.disable_recursion_pending();
                continue;
            }
            if (!at->is_regular_file() || name == ".git")
                continue;
            const std::string extension = at->path().extension().string();
            std::vector<std::string> generated;
            if (extension == ".cpp" || extension == ".h")
                for (const auto& neighbour : fs::directory_iterator(at->path().parent_path()))
                    if (neighbour.path().extension() == ".in")
                        generated.push_back(neighbour.path().stem().string());
            std::ifstream stream(at->path(), std::ios::binary);
            m_files.push_back({fs::relative(at->path(), m_root).generic_string(),
                               std::string(std::istreambuf_iterator<char>(stream), {}), std::move(generated)});
        }
    }

    template <typename Rule>
    QString violations(Rule rule) const
    {
        std::vector<std::string> all;
        for (const SourceFile& file : m_files)
            for (std::string& line : rule(file))
                all.push_back(std::move(line));
        return joined(all);
    }

private slots:
    void initTestCase()
    {
        readTree();
        // Not an empty or foreign folder: the checks below would pass on it.
        const auto has = [this](const std::string& path) {
            return std::any_of(m_files.begin(), m_files.end(), [&](const SourceFile& file) { return file.path == path; });
        };
        QVERIFY(has("core/base/error.h"));
        QVERIFY(has("core/analysis/distribution.h"));
        QVERIFY(has("tests/structure/tst_structure.cpp"));
    }

    void includeDirections() { QCOMPARE(violations(includeViolations), QString()); }
    void licenceLines() { QCOMPARE(violations(licenceViolations), QString()); }
    void lengths() { QCOMPARE(violations(lengthViolations), QString()); }
    void machinePaths() { QCOMPARE(violations(machinePathViolations), QString()); }

    void everyRoomHasAReadme()
    {
        int rooms = 0;
        for (const auto& entry : std::filesystem::directory_iterator(m_root / "core")) {
            // A room that so far is only a contract (headers) has nothing to promise yet.
            if (!entry.is_directory() || !std::filesystem::exists(entry.path() / "CMakeLists.txt"))
                continue;
            ++rooms;
            QVERIFY2(std::filesystem::exists(entry.path() / "README.md"), entry.path().c_str());
        }
        QVERIFY(rooms >= 2);
    }

    void theCheckerSeesWrongIncludes_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("problem"); // empty: allowed

        QTest::newRow("own room") << "core/types/shape.cpp" << "#include \"core/types/shape.h\"" << "";
        QTest::newRow("lower room") << "core/analysis/a.cpp" << "#include \"core/model/model.h\"" << "";
        QTest::newRow("folder in a room") << "core/formats/gguf/a.cpp" << "#include \"core/formats/gguf/b.h\"" << "";
        QTest::newRow("higher room") << "core/model/a.cpp" << "#include \"core/analysis/distribution.h\"" << "stands below";
        QTest::newRow("higher room, odd blanks") << "core/base/a.h" << " #  include\t\"core/types/shape.h\"" << "stands below";
        QTest::newRow("higher room from a folder") << "core/formats/gguf/a.cpp" << "#include \"core/jobs/a.h\"" << "stands below";
        QTest::newRow("unknown room") << "core/jobs/a.cpp" << "#include \"core/cellar/a.h\"" << "not a room";
        QTest::newRow("file in an unknown room") << "core/cellar/a.cpp" << "" << "not a room";
        QTest::newRow("standard library") << "core/base/a.cpp" << "#include <queue>" << "";
        QTest::newRow("Qt class") << "core/base/a.cpp" << "#include <QString>" << "no Qt";
        QTest::newRow("Qt module") << "core/base/a.cpp" << "#include <QtCore/qstring.h>" << "no Qt";
        QTest::newRow("Qt header") << "core/base/a.cpp" << "#include <qglobal.h>" << "no Qt";
        QTest::newRow("QCustomPlot") << "core/base/a.cpp" << "#include \"qcustomplot.h\"" << "no Qt";
        QTest::newRow("core to ui") << "core/jobs/a.cpp" << "#include \"ui/document.h\"" << "must not include";
        QTest::newRow("core to tests") << "core/jobs/a.cpp" << "#include \"tests/support/test_support.h\"" << "must not include";
        QTest::newRow("ui to core") << "ui/a.cpp" << "#include \"core/plan/plan.h\"" << "";
        QTest::newRow("ui to Qt") << "ui/a.cpp" << "#include <QWidget>" << "";
        QTest::newRow("ui to app") << "ui/a.cpp" << "#include \"app/main.h\"" << "must not include";
        QTest::newRow("app to ui") << "app/main.cpp" << "#include \"ui/main_window.h\"" << "";
        QTest::newRow("app to tests") << "app/main.cpp" << "#include \"tests/support/a.h\"" << "must not include";
        QTest::newRow("neighbour by name") << "core/base/a.cpp" << "#include \"error.h\"" << "not a path from the root";
        QTest::newRow("upwards") << "ui/panels/a.cpp" << "#include \"../ui/document.h\"" << "not a path from the root";
        QTest::newRow("comment") << "core/base/a.cpp" << "// #include <QString>" << "";
        QTest::newRow("tests are free") << "tests/ui/a.cpp" << "#include <QTest>" << "";
    }

    void theCheckerSeesWrongIncludes()
    {
        QFETCH(const QString, path);
        QFETCH(const QString, line);
        QFETCH(const QString, problem);
        const auto found = includeViolations({path.toStdString(), "// first\n" + line.toStdString() + "\n"});
        if (problem.isEmpty()) {
            QCOMPARE(joined(found), QString());
        } else {
            QCOMPARE(found.size(), std::size_t(1));
            QVERIFY2(joined(found).contains(problem), qPrintable(joined(found)));
        }
    }

    void theCheckerSeesTheRest()
    {
        const SourceFile user{"core/memory/devices.cpp", "#include \"devices_csv.h\"\n#include \"devices.h\"\n", {"devices_csv.h"}};
        QVERIFY(joined(includeViolations(user)).startsWith("core/memory/devices.cpp:2:"));
        QCOMPARE(includeViolations(user).size(), std::size_t(1));

        const std::string licence = " SPDX-License-Identifier: GPL-3.0-or-later\n";
        QVERIFY(licenceViolations({"core/a.h", "//" + licence}).empty());
        QVERIFY(licenceViolations({"tests/a.py", "#!/usr/bin/env python3\n#" + licence}).empty());
        QVERIFY(licenceViolations({"README.md", "Quantlathe"}).empty());
        QCOMPARE(licenceViolations({"core/a.h", "\n//" + licence}).size(), std::size_t(1));
        QCOMPARE(licenceViolations({"core/a.cpp", ""}).size(), std::size_t(1));
        QCOMPARE(licenceViolations({"packaging/run.sh", "#!/bin/sh\nset -e\n"}).size(), std::size_t(1));

        QVERIFY(lengthViolations({"core/a.cpp", std::string(800, '\n')}).empty());
        QCOMPARE(lengthViolations({"core/a.cpp", std::string(801, '\n')}).size(), std::size_t(1));
        QVERIFY(lengthViolations({"tests/fixtures/a.json", std::string(9000, '\n')}).empty());

        const std::string path = std::string("/") + "work/main";
        QVERIFY(machinePathViolations({"README.md", "frame" + path + " and http://example.org/home" + path}).empty());
        QCOMPARE(machinePathViolations({"README.md", "x\ncd " + path}).size(), std::size_t(1));
        QVERIFY(joined(machinePathViolations({"README.md", "x\ncd " + path})).startsWith("README.md:2:"));
        QCOMPARE(machinePathViolations({"a.bin", path}).size(), std::size_t(1));
    }
};

} // namespace

QTEST_APPLESS_MAIN(TestStructure)
#include "tst_structure.moc"
