// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/general_metadata.h"

#include "core/convert/model_card.h"
#include "core/convert/model_name.h"
#include "core/formats/open.h"
#include "support/folder_models.h"

#include <QTest>

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

std::vector<std::string> texts(const Metadata& metadata, std::string_view key)
{
    std::vector<std::string> result;
    const MetadataArray* array = metadata.array(key);
    for (std::uint64_t index = 0; array && index < array->size(); ++index)
        result.push_back(std::get<std::string>(array->at(index)));
    return result;
}

using Strings = std::vector<std::string>;

} // namespace

class TestGeneralMetadata : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void frontMatter()
    {
        const ModelCard card = ModelCard::parse("---\nlicense: apache-2.0 # free\nlanguage:\n- en\n- 'no'\ntags: [a, \"b c\" , d]\nempty:\nmodel-index:\n- name: x\n  results:\n  - y\n"
                                                "base_model:\n  - org/One-7B\n---\nlicense: another\n");
        QCOMPARE(card.text("license"), std::string("apache-2.0"));
        QCOMPARE(card.list("language"), (Strings{"en", "no"}));
        QCOMPARE(card.list("tags"), (Strings{"a", "b c", "d"}));
        QCOMPARE(card.list("base_model"), Strings{"org/One-7B"});
        QVERIFY(card.list("empty").empty());
        QVERIFY(card.list("missing").empty());
    }

    void cardsWithoutFrontMatter()
    {
        QVERIFY(ModelCard::parse("").list("license").empty());
        QVERIFY(ModelCard::parse("# Title\nlicense: mit\n").list("license").empty());
        QVERIFY(ModelCard::parse("---\nlicense: mit\n").list("license").empty());
    }

    void names_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<qulonglong>("weights");
        QTest::addColumn<QStringList>("parts");
        const auto row = [](const char* name, double weights, QStringList parts) { QTest::newRow(name) << name << static_cast<qulonglong>(weights) << parts; };
        row("Qwen2.5-0.5B-Instruct", 0.49e9, {"Qwen2.5", "0.5B", "Instruct", ""});
        row("Mistral-7B-Instruct-v0.3", 7.2e9, {"Mistral", "7B", "Instruct", "v0.3"});
        row("Mixtral-8x7B-v0.1", 46.7e9, {"Mixtral", "8x7B", "", "v0.1"});
        row("Llama-3.2-1b", 1.2e9, {"Llama-3.2", "1B", "", ""});
        row("Phi-3-mini-4k-instruct", 3.8e9, {"Phi-3", "mini", "4k-instruct", ""});
        row("Qwen3-30B-A3B", 30e9, {"Qwen3", "30B-A3B", "", ""});
        row("gpt2", 124e6, {"", "", "", ""});
        row("a name of words", 1e9, {"", "", "", ""});
    }

    void names()
    {
        QFETCH(QString, name);
        QFETCH(qulonglong, weights);
        QFETCH(QStringList, parts);
        const NameParts found = namePartsOf(name.toStdString(), weights);
        const QStringList actual{QString::fromStdString(found.basename), QString::fromStdString(found.size), QString::fromStdString(found.finetune),
                                 QString::fromStdString(found.version)};
        QCOMPARE(actual, parts);
    }

    void sizes()
    {
        QCOMPARE(sizeLabel(400), std::string("0.40K"));
        QCOMPARE(sizeLabel(41216), std::string("41K"));
        QCOMPARE(sizeLabel(6500000), std::string("6.5M"));
        QCOMPARE(sizeLabel(1234567890), std::string("1.2B"));
        QCOMPARE(sizeLabel(2000000000000), std::string("2.0T"));
        QCOMPARE(titleOf("my-small-v2-Model-7b"), std::string("My Small v2 Model 7b"));
    }

    void aFolderWithACard()
    {
        FolderModel files("hf/llama");
        std::ofstream(files.scratch / "README.md") << "---\nlicense: other\nlicense_name: house\nlicense_link: https://example.org/l\nlanguage: [en, de]\ntags: [tiny]\n"
                                                      "pipeline_tag: text-generation\nmodel_name: A Name\nmodel_creator: Somebody\nbase_model: some-org/Parent-7B-v2\n---\n";
        std::ofstream(files.scratch / "generation_config.json") << R"({"top_k": 20, "top_p": 0.5, "temperature": 0.7, "repetition_penalty": 1.5})";
        const Metadata m = makeGgufOutput(openModel(files.write()), {}).metadata;
        const auto text = [&](const char* key) { return m.string(key).value_or("(none)"); };
        QCOMPARE(m.entries().front().key, std::string("general.architecture"));
        QCOMPARE(text("general.name"), std::string("A Name"));
        QCOMPARE(text("general.author"), std::string("Somebody"));
        QCOMPARE(text("general.license"), std::string("other"));
        QCOMPARE(text("general.license.name"), std::string("house"));
        QCOMPARE(text("general.license.link"), std::string("https://example.org/l"));
        QCOMPARE(texts(m, "general.languages"), (Strings{"en", "de"}));
        QCOMPARE(texts(m, "general.tags"), (Strings{"tiny", "text-generation"}));
        QCOMPARE(m.unsignedInteger("general.base_model.count"), std::optional<std::uint64_t>(1));
        QCOMPARE(text("general.base_model.0.name"), std::string("Parent 7B v2"));
        QCOMPARE(text("general.base_model.0.version"), std::string("v2"));
        QCOMPARE(text("general.base_model.0.organization"), std::string("Some Org"));
        QCOMPARE(text("general.base_model.0.repo_url"), std::string("https://huggingface.co/some-org/Parent-7B-v2"));
        QCOMPARE(m.unsignedInteger("general.sampling.top_k"), std::optional<std::uint64_t>(20));
        QCOMPARE(m.real("general.sampling.top_p"), std::optional(0.5));
        QCOMPARE(m.real("general.sampling.penalty_repeat"), std::optional(1.5));
    }

    /// llama.cpp ends when a model of this name lacks Phi-3's tokens.
    void namesThatEnginesStumbleOver()
    {
        FolderModel files("hf/llama");
        std::ofstream(files.scratch / "README.md") << "---\nmodel_name: My-Phi-3-phi3\n---\n";
        QCOMPARE(makeGgufOutput(openModel(files.write()), {}).metadata.string("general.name"), std::optional<std::string>("My-Phi 3-phi 3"));
        for (const auto& [text, id] : {std::pair{"<unk>", 60}, {"<|endoftext|>", 61}})
            files.tokenizer["added_tokens"].push_back({{"id", id}, {"content", text}, {"special", true}});
        QCOMPARE(makeGgufOutput(openModel(files.write()), {}).metadata.string("general.name"), std::optional<std::string>("My-Phi-3-phi3"));
    }
};

QTEST_GUILESS_MAIN(TestGeneralMetadata)
#include "tst_general_metadata.moc"
