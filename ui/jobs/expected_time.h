// SPDX-License-Identifier: GPL-3.0-or-later
// How long an export will take, by experience.
#pragma once

#include "core/convert/export_folder.h"
#include "core/jobs/export_layout.h"
#include "core/methods/method_run.h"

namespace quantlathe::ui {

/// From rough speeds per type on @p threads threads (0 = automatic).
double roughSeconds(const GgufOutput& output, unsigned threads, Effort effort);

double roughFolderSeconds(const FolderOutput& output, unsigned threads);

/// What the methods of @p plan take before, by the operations of forward passes, Hessians and error feedback; 0 without methods.
double roughMethodSeconds(const Model& model, const Plan& plan, const MethodSettings& settings);

/// What the last export on this machine says about the rough speeds: measured over rough time. Kept in the settings; 1
/// before the first export.
class SpeedExperience
{
public:
    [[nodiscard]] static double correction();
    static void learn(double roughSeconds, double measuredSeconds);
};

} // namespace quantlathe::ui
