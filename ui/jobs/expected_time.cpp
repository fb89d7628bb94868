// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/expected_time.h"

#include "core/base/parallel.h"

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
