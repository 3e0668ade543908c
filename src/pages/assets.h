// The console's built pages as they lie in the program: one table, made by cmake/embed_directory.cmake.
#pragma once

#include <span>
#include <string_view>

namespace mes::pages {

struct asset {
  std::string_view path;      // "/assets/main-C8gdoSRr.css"
  std::string_view encoding;  // "", "gzip" or "br": several rows of one path are representations of one file
  std::string_view content_type;
  std::string_view etag;  // strong, with its quotes
  std::string_view content;
};

std::span<const asset> all_assets();  // by path; empty if console/dist was missing at build time

// The file in that encoding; nullptr if there is none.
const asset* find(std::string_view path, std::string_view encoding = "");

}  // namespace mes::pages
