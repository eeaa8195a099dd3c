// SPDX-License-Identifier: MIT
// Bytes of a stream become one HTTP answer: by Beast.
#include <duet/http/answer.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace duet::http {

namespace wire = boost::beast::http;

struct Answer::Impl {
  wire::response_parser<wire::string_body> parser;
  std::string head;  // until it is whole: Beast wants it in one piece
  bool is_broken = false;
};

Answer::Answer(Body body) : impl_{std::make_unique<Impl>()} {
  impl_->parser.header_limit(kMaxHead);
  impl_->parser.body_limit(kMaxBody);
  impl_->parser.eager(true);
  impl_->parser.skip(body == Body::None);
}

Answer::~Answer() = default;

bool Answer::read(std::span<std::byte>& input) {
  auto& parser = impl_->parser;
  while (!input.empty() && !parser.is_done() && !impl_->is_broken) {
    // The end of the head, or of a chunk's head, may be cut anywhere: what Beast does not take
    // yet is kept, and given again with what follows.
    impl_->head.append(reinterpret_cast<const char*>(input.data()), input.size());
    const std::size_t kept = impl_->head.size() - input.size();
    boost::system::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(impl_->head), error);
    if (error && error != wire::error::need_more) {
      impl_->is_broken = true;
      break;
    }
    if (parser.is_done()) {
      input = input.subspan(used > kept ? used - kept : 0);
      impl_->head.clear();
      break;
    }
    impl_->head.erase(0, used);
    input = {};
    impl_->is_broken = impl_->head.size() > kMaxHead + kMaxBody;
  }
  return !impl_->is_broken;
}

void Answer::finish() {
  boost::system::error_code error;
  impl_->parser.put_eof(error);
}

bool Answer::is_done() const { return impl_->parser.got_some() && impl_->parser.is_done(); }

int Answer::status() const { return impl_->parser.get().result_int(); }

std::string_view Answer::header(std::string_view name) const {
  const auto value = impl_->parser.get()[{name.data(), name.size()}];
  return {value.data(), value.size()};
}

const std::string& Answer::body() const { return impl_->parser.get().body(); }

}  // namespace duet::http
