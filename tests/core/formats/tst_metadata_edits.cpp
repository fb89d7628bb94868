// SPDX-License-Identifier: GPL-3.0-or-later
// Edits as a value, their rules, and values as people write them.
#include "core/formats/metadata_text.h"
#include "core/model/metadata_edits.h"
#include "support/test_support.h"

#include <QTest>

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

using V = MetadataValue;

Metadata stored()
{
    Metadata metadata;
    metadata.append("general.architecture", V::ofString("llama"));
    metadata.append("general.name", V::ofString("old"));
    metadata.append("llama.context_length", V::ofU32(2048));
    metadata.append("tokenizer.ggml.tokens", V::ofArray(MetadataArray::fromStrings({"a", "b", "c"})));
    metadata.append("tokenizer.ggml.scores", V::ofArray(MetadataArray::fromFloats({0, 0, 0})));
    metadata.append("tokenizer.ggml.eos_token_id", V::ofU32(2));
    metadata.append("some.Old-Key", V::ofI64(-5));
    metadata.append("split.no", V::ofU16(0));
    return metadata;
}

QString keys(const Metadata& metadata)
{
    QStringList list;
    for (const auto& entry : metadata.entries())
        list << QString::fromStdString(entry.key + '=' + entry.value.toText());
    return list.join(QLatin1Char(' '));
}

} // namespace

class TestMetadataEdits : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void appliedInPlaceAndAtTheEnd()
    {
        MetadataEdits edits;
        QVERIFY(edits.isEmpty());
        edits.set("new.key", V::ofBool(true));
        edits.set("general.name", V::ofString("new"));
        edits.remove("split.no");
        edits.remove("tokenizer.ggml.tokens");
        edits.remove("tokenizer.ggml.scores");
        QCOMPARE(keys(edits.applied(stored())),
                 QStringLiteral("general.architecture=llama general.name=new llama.context_length=2048 tokenizer.ggml.eos_token_id=2 some.Old-Key=-5 new.key=true"));
        edits.forget("new.key");
        edits.set("general.name", V::ofString("old"));
        edits.remove("absent");
        const MetadataEdits reduced = edits.reduced(stored());
        QCOMPARE(reduced.changes().size(), 3u);
        QVERIFY(!reduced.find("general.name") && !reduced.find("absent"));
        QVERIFY(edits == edits && !(edits == reduced));
    }

    void sameness()
    {
        QVERIFY(isSame(V::ofU32(1), V::ofU32(1)));
        QVERIFY(!isSame(V::ofU32(1), V::ofU64(1)));
        QVERIFY(!isSame(V::ofF32(0.0F), V::ofF32(-0.0F)));
        QVERIFY(isSame(V::ofF32(std::numeric_limits<float>::quiet_NaN()), V::ofF32(std::numeric_limits<float>::quiet_NaN())));
        QVERIFY(isSame(V::ofArray(MetadataArray::fromInts({1, 2})), V::ofArray(MetadataArray::fromInts({1, 2}))));
        QVERIFY(!isSame(V::ofArray(MetadataArray::fromInts({1, 2})), V::ofArray(MetadataArray::fromInts({1, 3}))));
        QVERIFY(!isSame(V::ofArray(MetadataArray::fromInts({})), V::ofArray(MetadataArray::fromFloats({}))));
    }

    void rules_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("text"); ///< empty: removed
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("problem"); ///< empty: fine
        const auto row = [](const char* key, const char* text, const char* kind, const char* problem) {
            QTest::newRow((std::string(key) + ' ' + text + ' ' + kind).c_str())
                << QString::fromLatin1(key) << QString::fromLatin1(text) << QString::fromLatin1(kind) << QString::fromLatin1(problem);
        };
        row("general.name", "new", "string", "");
        row("llama.context_length", "4096", "u32", "");
        row("llama.context_length", "0", "u32", "at least 1");
        row("llama.context_length", "4096", "u64", "must be u32, not u64");
        row("llama.context_length", "[1]", "[u32]", "must be u32, not an array of u32");
        row("llama.rope.freq_base", "0", "f32", "above 0");
        row("llama.rope.freq_base", "inf", "f32", "above 0");
        row("llama.attention.head_count_kv", "[2, 4, 0]", "[i32]", "");
        row("llama.attention.head_count_kv", "[2, -4]", "[i32]", "must not be negative");
        row("tokenizer.ggml.bos_token_id", "2", "u32", "");
        row("tokenizer.ggml.bos_token_id", "3", "u32", "3 tokens, numbered from 0");
        row("tokenizer.ggml.bos_token_id", "1", "i32", "must be u32");
        row("tokenizer.ggml.scores", "[0, 1, 2]", "[f32]", "");
        row("tokenizer.ggml.scores", "[0, 1]", "[f32]", "2 elements for 3 tokens");
        row("tokenizer.ggml.scores", "[0, 1, 2]", "[f64]", "array of f32");
        row("tokenizer.ggml.token_type", "[1, 1, 7]", "[i32]", "token 2 has 7");
        row("tokenizer.ggml.merges", "[\"a b\", \"c\"]", "[string]", "element 1 is 'c'");
        row("general.architecture", "", "", "no program knows");
        row("general.architecture", "qwen2", "string", "");
        row("general.alignment", "64", "u32", "cannot be edited");
        row("general.quantization_version", "3", "u32", "cannot be edited");
        row("split.no", "", "", "cannot be edited");
        row("split.count", "2", "u16", "cannot be edited");
        row("file.padding", "x", "string", "cannot be edited");
        row("absent", "", "", "There is no key");
        row("new.key", "x", "string", "");
        row("New.key", "x", "string", "is no key");
        row("new key", "x", "string", "is no key");
        row(".new", "x", "string", "is empty");
        row("a..b", "x", "string", "is empty");
        row("some.Old-Key", "7", "i64", ""); // there already: its spelling is as it is
        row("some.Old-Key", "", "", "");
    }

    void rules()
    {
        QFETCH(QString, key);
        QFETCH(QString, text);
        QFETCH(QString, kind);
        QFETCH(QString, problem);
        std::optional<MetadataValue> value;
        if (!kind.isEmpty())
            value = parseMetadata(text.toStdString(), *kindFromText(kind.toStdString()));
        const auto found = problemWithEdit(stored(), key.toStdString(), value);
        QCOMPARE(found.has_value(), !problem.isEmpty());
        if (found)
            QVERIFY2(found->find(problem.toStdString()) != std::string::npos, found->c_str());
        MetadataEdits edits;
        edits.put(key.toStdString(), value);
        QCOMPARE(errorOf([&] { checkEdits(stored(), edits); }).has_value(), found.has_value());
    }

    void aNewVocabularyTakesItsListsAlong()
    {
        MetadataEdits edits;
        edits.set("tokenizer.ggml.tokens", V::ofArray(MetadataArray::fromStrings({"a", "b", "c", "d"})));
        VERIFY_ERROR(checkEdits(stored(), edits), ErrorKind::InvalidArgument, "tokenizer.ggml.scores has 3 elements for 4 tokens");
        edits.set("tokenizer.ggml.scores", V::ofArray(MetadataArray::fromFloats({0, 0, 0, 0})));
        edits.set("tokenizer.ggml.eos_token_id", V::ofU32(3));
        checkEdits(stored(), edits);
        edits.set("tokenizer.ggml.tokens", V::ofString("a"));
        VERIFY_ERROR(checkEdits(stored(), edits), ErrorKind::InvalidArgument, "must be array of string");
        MetadataEdits latin;
        latin.set("general.name", V::ofString("\xE9t\xE9"));
        VERIFY_ERROR(checkEdits(stored(), latin), ErrorKind::InvalidArgument, "UTF-8");
    }

    void textThere_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("wrong"); ///< what is refused
        const auto row = [](const char* kind, const char* text, const char* wrong) {
            QTest::newRow((std::string(kind) + ' ' + text).c_str()) << QString::fromLatin1(kind) << QString::fromUtf8(text) << QString::fromLatin1(wrong);
        };
        row("u8", "255", "256");
        row("i8", "-128", "-129");
        row("u16", "65535", "65536");
        row("i16", "-32768", "32768");
        row("u32", "4294967295", "4294967296");
        row("i32", "-2147483648", "2147483648");
        row("u64", "18446744073709551615", "18446744073709551616");
        row("i64", "-9223372036854775808", "9223372036854775808");
        row("f32", "0.1", "1e39");
        row("f32", "1e-05", "abc");
        row("f64", "3.141592653589793", "3,14");
        row("bool", "true", "yes");
        row("string", "  any text \n with “blanks” ", "");
        row("[u8]", "[0, 255]", "[256]");
        row("[i32]", "[-1, 2]", "[1.5]");
        row("[f32]", "[0.5, 1e-05]", "[\"a\"]");
        row("[bool]", "[true, false]", "[\"true\"]");
        row("[string]", "[\"a\\nb\", \"ü\", \"\"]", "[1]");
        row("[string]", "[]", "{}");
        row("[u32]", "[]", "[[1]]");
    }

    void textThere()
    {
        QFETCH(QString, kind);
        QFETCH(QString, text);
        QFETCH(QString, wrong);
        const MetadataKind wanted = *kindFromText(kind.toStdString());
        QCOMPARE(QString::fromStdString(kindText(wanted)), kind);
        const MetadataValue value = parseMetadata(text.toStdString(), wanted);
        QVERIFY(kindOf(value) == wanted);
        QCOMPARE(QString::fromStdString(editableText(value)), text);
        QVERIFY(isSame(parseMetadata(editableText(value, true), wanted), value)); // and back from many lines
        if (!wrong.isEmpty())
            VERIFY_ERROR(parseMetadata(wrong.toStdString(), wanted), ErrorKind::InvalidArgument, "");
    }

    void guesses()
    {
        const auto guess = [](const char* key, const char* text) { return QString::fromStdString(kindText(guessKind(key, text, stored()))); };
        QCOMPARE(guess("llama.context_length", "x"), QStringLiteral("u32"));
        QCOMPARE(guess("llama.attention.head_count", "[1, 2]"), QStringLiteral("[i32]"));
        QCOMPARE(guess("some.Old-Key", "7"), QStringLiteral("i64"));
        QCOMPARE(guess("a.b", "7"), QStringLiteral("u32"));
        QCOMPARE(guess("a.b", "-7"), QStringLiteral("i32"));
        QCOMPARE(guess("a.b", "5000000000"), QStringLiteral("u64"));
        QCOMPARE(guess("a.b", "1.5"), QStringLiteral("f32"));
        QCOMPARE(guess("a.b", "nano"), QStringLiteral("string"));
        QCOMPARE(guess("a.b", "true"), QStringLiteral("bool"));
        QCOMPARE(guess("a.b", "[1, 2]"), QStringLiteral("[i32]"));
        QCOMPARE(guess("a.b", "[1.5]"), QStringLiteral("[f32]"));
        QCOMPARE(guess("a.b", "[\"x\"]"), QStringLiteral("[string]"));
        QCOMPARE(guess("a.b", "[broken"), QStringLiteral("string"));
        QVERIFY(!kindFromText("u128") && !kindFromText("[array]") && !kindFromText("array") && !kindFromText(""));
    }
};

QTEST_GUILESS_MAIN(TestMetadataEdits)
#include "tst_metadata_edits.moc"
