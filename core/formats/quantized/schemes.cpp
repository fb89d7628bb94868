// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/schemes.h"

#include <fmt/format.h>

namespace quantlathe::quantized {

namespace {

constexpr std::string_view gptqSuffixes[] = {"qweight", "qzeros", "scales", "g_idx"};
constexpr std::string_view gptqMarks[] = {"qweight", "qzeros", "scales", "g_idx"};
constexpr std::string_view awqSuffixes[] = {"qweight", "qzeros", "scales"};
constexpr std::string_view awqMarks[] = {"qweight", "qzeros", "scales"};
constexpr std::string_view compressedSuffixes[]
    = {"weight",       "weight_packed", "weight_scale",     "weight_zero_point", "weight_shape",
       "weight_g_idx", "input_scale",   "input_zero_point", "weight_global_scale", "input_global_scale"};
constexpr std::string_view compressedMarks[]
    = {"weight_packed", "weight_scale", "weight_zero_point", "weight_shape", "weight_g_idx", "weight_global_scale"};
constexpr std::string_view fp8Suffixes[] = {"weight", "weight_scale", "weight_scale_inv", "input_scale", "input_scale_ub", "activation_scale"};
constexpr std::string_view fp8Marks[] = {"weight_scale", "weight_scale_inv"};
constexpr std::string_view bitsAndBytesSuffixes[]
    = {"weight", "weight.absmax", "weight.quant_map", "weight.nested_absmax", "weight.nested_quant_map",
       "weight.quant_state.bitsandbytes__nf4", "weight.quant_state.bitsandbytes__fp4", "SCB", "weight_format"};
constexpr std::string_view bitsAndBytesMarks[]
    = {"weight.absmax", "weight.quant_map", "weight.quant_state.bitsandbytes__nf4", "weight.quant_state.bitsandbytes__fp4", "SCB"};
constexpr std::string_view mxfp4Suffixes[] = {"blocks", "scales"};
constexpr std::string_view mxfp4Marks[] = {"blocks", "scales"};

struct NamesVisitor
{
    SchemeNames operator()(const GptqConfig&) const { return {gptqSuffixes, gptqMarks}; }
    SchemeNames operator()(const AwqConfig&) const { return {awqSuffixes, awqMarks}; }
    SchemeNames operator()(const CompressedConfig&) const { return {compressedSuffixes, compressedMarks}; }
    SchemeNames operator()(const Fp8Config&) const { return {fp8Suffixes, fp8Marks}; }
    SchemeNames operator()(const BitsAndBytesConfig&) const { return {bitsAndBytesSuffixes, bitsAndBytesMarks}; }
    SchemeNames operator()(const Mxfp4Config&) const { return {mxfp4Suffixes, mxfp4Marks, "_"}; }
    SchemeNames operator()(const UndecodedConfig&) const { return {}; }
};

} // namespace

SchemeNames namesOf(const QuantizationConfig& config)
{
    return std::visit(NamesVisitor{}, config);
}

Shape matrixShape(const ModulePieces& pieces, std::uint64_t outputs, std::uint64_t inputs)
{
    auto shape = Shape::make({outputs, inputs});
    if (!shape)
        pieces.fail(fmt::format("its pieces stand for {} x {} weights, more than 2^63", outputs, inputs));
    return *std::move(shape);
}

std::string groupWords(std::uint64_t groupSize, std::uint64_t inputs)
{
    return groupSize >= inputs ? "one group per row" : fmt::format("groups of {}", groupSize);
}

TensorType integerType(unsigned bits)
{
    return bits == 2   ? TensorType::INT2
           : bits == 3 ? TensorType::INT3
           : bits == 4 ? TensorType::INT4
                       : TensorType::INT8;
}

} // namespace quantlathe::quantized
