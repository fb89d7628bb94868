// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/expected_time.h"

#include "core/base/parallel.h"
#include "core/inference/neutral_text.h"

#include <QSettings>

#include <algorithm>
#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString correctionKey = u"jobs/timeCorrection"_s;
constexpr double smallestCorrection = 0.02;
constexpr double largestCorrection = 50;
/// Reading, checking and writing back, bytes per second.
constexpr double diskBytesPerSecond = 1e9;

/// What a search for the smallest error takes, in standard searches.
constexpr double bestEffortFactor = 20;

/// Rounding into groups, packing, comparing.
constexpr double foldersWeightsPerSecond = 60e6;
/// Of one thread, single precision, in large products.
constexpr double operationsPerSecond = 60e9;

/// Weights per second of one thread; only their proportions matter once an export was measured.
double weightsPerSecond(TensorType type)
{
    switch (info(type).family) {
    case TypeFamily::KQuant:
        return 150e6;
    case TypeFamily::Legacy:
    case TypeFamily::Ternary:
    case TypeFamily::Float:
    case TypeFamily::Integer:
    case TypeFamily::Scaled:
        return 500e6;
    case TypeFamily::Fp4:
        return 200e6;
    case TypeFamily::IQuant:
        return type == TensorType::IQ4_NL || type == TensorType::IQ4_XS ? 150e6 : 20e6;
    }
    return 20e6;
}

} // namespace

double roughSeconds(const GgufOutput& output, unsigned threads, Effort effort)
{
    double work = 0;
    double bytes = 0;
    for (const OutputTensor& tensor : output.tensors) {
        bytes += static_cast<double>(tensor.sizeBytes());
        if (!tensor.isCopy)
            work += static_cast<double>(tensor.shape().weightCount()) / weightsPerSecond(tensor.type);
    }
    if (effort == Effort::Best)
        work *= bestEffortFactor;
    const unsigned count = threads == 0 ? defaultThreadCount() : threads;
    return work / std::max(count, 1u) + bytes / diskBytesPerSecond;
}

double roughFolderSeconds(const FolderOutput& output, unsigned threads)
{
    double work = 0;
    for (const FolderEntry& entry : output.entries) {
        if (entry.layout)
            work += static_cast<double>(output.contents.tensors[entry.tensor].weights.shape().weightCount()) / foldersWeightsPerSecond;
    }
    const unsigned count = threads == 0 ? defaultThreadCount() : threads;
    return work / std::max(count, 1u) + 2 * static_cast<double>(output.shards.totalBytes) / diskBytesPerSecond;
}

double roughMethodSeconds(const Model& model, const Plan& plan, const MethodSettings& settings)
{
    if (!needsCalibration(plan))
        return 0;
    constexpr double bytesPerToken = 4; // of ordinary text
    std::error_code ignored;
    const auto textBytes = static_cast<double>(settings.text.file.empty() ? neutralText().size() : std::filesystem::file_size(settings.text.file, ignored));
    const auto wanted = static_cast<double>(settings.text.contextLength) * static_cast<double>(settings.text.maximumWindows);
    const double available = ignored ? 0 : textBytes / bytesPerToken;
    const double tokens = settings.text.maximumWindows == 0 ? available : std::min(wanted, available);
    double operations = 0;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        const auto choice = plan.choice(tensor.name());
        if (!model.place(index).layer || tensor.shape().rank() < 2)
            continue;
        const auto weights = static_cast<double>(tensor.shape().weightCount());
        const auto inputs = static_cast<double>(tensor.shape().rowLength());
        operations += 4 * weights * tokens; // forward twice: to look at the inputs, and with what was made
        if (choice && choice->method != Method::RoundToNearest)
            operations += inputs * inputs * tokens + 2 * weights * inputs + inputs * inputs * inputs;
    }
    const unsigned count = settings.layers.threads == 0 ? defaultThreadCount() : settings.layers.threads;
    return operations / (operationsPerSecond * std::max(count, 1u));
}

double SpeedExperience::correction()
{
    const double value = QSettings().value(correctionKey, 1.0).toDouble();
    return std::isfinite(value) ? std::clamp(value, smallestCorrection, largestCorrection) : 1;
}

void SpeedExperience::learn(double roughSeconds, double measuredSeconds)
{
    constexpr double shortest = 0.5; // seconds; below that starting and finishing dominate
    if (roughSeconds > 0 && measuredSeconds >= shortest)
        QSettings().setValue(correctionKey, std::clamp(measuredSeconds / roughSeconds, smallestCorrection, largestCorrection));
}

} // namespace quantlathe::ui
