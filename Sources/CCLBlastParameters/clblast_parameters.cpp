#include "clblast_parameters.h"

#include <clblast.h>

#include <sstream>
#include <string>
#include <unordered_map>

namespace {

using Parameters = std::unordered_map<std::string, size_t>;

const int missing = static_cast<int>(clblast::StatusCode::kMissingOverrideParameter);
const int unexpected = static_cast<int>(clblast::StatusCode::kUnexpectedError);

}  // namespace

int vae_clblast_retrieve(cl_device_id device, const char *kernel, const char *names, size_t *values) try {
  Parameters parameters;
  const auto status =
    clblast::RetrieveParameters(device, kernel, clblast::Precision::kSingle, parameters);
  if (status != clblast::StatusCode::kSuccess) return static_cast<int>(status);
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) return missing;
    *values++ = found->second;
  }
  return 0;
} catch (...) {
  return unexpected;
}

int vae_clblast_override(
  cl_device_id device, const char *kernel, const char *names, const size_t *values) try {
  Parameters parameters;
  std::istringstream words(names);
  for (std::string name; words >> name;) parameters[name] = *values++;
  return static_cast<int>(
    clblast::OverrideParameters(device, kernel, clblast::Precision::kSingle, parameters));
} catch (...) {
  return unexpected;
}
