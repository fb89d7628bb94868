// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/method_run.h"

#include "core/inference/neutral_text.h"
#include "core/inference/text_tokens.h"
#include "core/inference/text_windows.h"
#include "core/inference/tokenizer/tokenizer.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

bool needsCalibration(const Plan& plan)
{
    const auto& choices = plan.choices();
    return std::any_of(choices.begin(), choices.end(), [](const auto& entry) { return entry.second.method != Method::RoundToNearest; });
}

MethodOutcome runMethods(const std::shared_ptr<const Network>& network, const Plan& plan, const MethodSettings& settings, const std::filesystem::path& journal, bool resume,
                         const std::function<void(const LayerReport&)>& onLayer, const RunControl& control)
{
    MethodOutcome result;
    LayerRequest request;
    request.network = network;
    request.plan = plan;
    if (needsCalibration(plan)) {
        const CalibrationText& chosen = settings.text;
        const std::string text = chosen.file.empty() ? std::string(neutralText()) : readText(chosen.file);
        const TextTokens tokens = tokensOfText(*loadTokenizer(*network->model), *network, text);
        const TextWindows windows(tokens.tokens, tokens.begin, chosen.contextLength, chosen.maximumWindows);
        request.calibration = windows.batch(0, windows.count());
        result.text = fmt::format("calibrated on {} windows of {} tokens", windows.count(), chosen.contextLength);
    }
    request.journal = journal;
    request.resume = resume;
    request.settings = settings.layers;
    request.settings.ordersChannels = !settings.isInOrder && plan.target != Target::Gguf;
    request.onLayer = onLayer;
    result.layers = quantizeLayers(request, control);
    return result;
}

double largestError(const LayerReport& report)
{
    double worst = 0;
    for (const MatrixReport& matrix : report.matrices)
        worst = std::max(worst, matrix.relativeLoss > 0 ? matrix.relativeLoss : matrix.relativeError);
    return worst;
}

} // namespace quantlathe
