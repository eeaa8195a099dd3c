duet_fuzz(room SOURCES room.cpp LINK duet::room Boost::json)
